export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export { parseKeySet } from './load-key-set.ts'
export { filesOfProvider, resolveProviderFiles } from './provider-files.ts'
export * from './verify.ts'
