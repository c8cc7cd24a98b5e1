export {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
} from './identity-provider.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
} from './token-verifier.ts'
export type { VerifiedToken } from './verified-token.ts'
