export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export { maxLifetimeHoursByDefault } from './max-lifetime.ts'
export * from './verify.ts'
