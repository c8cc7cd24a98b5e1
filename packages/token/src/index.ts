export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export { parseKeySet } from './load-key-set.ts'
export { providerRules } from './provider-rules.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
} from './token-verifier.ts'
export type { Confirmation, VerifiedToken } from './verified-token.ts'
