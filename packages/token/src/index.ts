export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export {
  type AddressPolicy,
  addressPolicy,
  namedNetworks,
  type ResolveName,
} from './outgoing/address-policy.ts'
export { createOutgoingClient, type OutgoingClient } from './outgoing/outgoing-client.ts'
export { type AddressKind, addressKind } from './outgoing/address-kind.ts'
export { maxLifetimeHoursByDefault } from './max-lifetime.ts'
export * from './verify.ts'
