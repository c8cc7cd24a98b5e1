export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export * from './verify.ts'
