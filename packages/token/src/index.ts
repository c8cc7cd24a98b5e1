export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
  maxLifetimeHoursByDefault,
} from './identity-provider.ts'
export * from './verify.ts'
