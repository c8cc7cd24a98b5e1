// What a worker of the gateway needs of this package: no schema, so no library for schemas.
export type { IdentityProvider } from './identity-provider.ts'
export type { WhenAway } from './introspection/introspector.ts'
export { filesOfProvider, type ProviderFile, resolveProviderFiles } from './provider-files.ts'
export { examineProvider, type ProviderExamination } from './examine-provider.ts'
export { readClaims } from './check-claims.ts'
export type { LogoutToken } from './logout-token.ts'
export { type ProviderRules, providerRules } from './provider-rules.ts'
export {
  createTokenVerifier,
  type LogoutOptions,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifyOptions,
} from './token-verifier.ts'
export type { Confirmation, VerifiedToken } from './verified-token.ts'
