export { assertionField } from './assertion.ts'
export { guardConnect, guardFetch, guardHttp, guardUpgrade, onRequest } from './guards.ts'
export {
  type DeviceIdentity,
  type GatewayIdentity,
  identityOf,
  type UserIdentity,
} from './identity.ts'
export type { KeysHealth, KeysState } from './keys-health.ts'
export { Refusal, type RefusalCode, refusalCodes } from './refusal.ts'
export { createVerifier, type RequestHead, type Verifier } from './verifier.ts'
export type { AuthorityKeys, GatewayKeys, VerifierOptions } from './options.ts'
