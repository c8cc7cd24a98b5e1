export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export { parseKeySet } from './load-key-set.ts'
export * from './verify.ts'
