import { randomBytes } from 'node:crypto'
import { makeDevelopmentRoot } from '../development-root.ts'
import { makeAppAttestKey } from './app-attest-key.ts'
import type { AppAssertionRequest, AppAttestationRequest } from './app-attest-evidence.ts'
import type { AuthenticatorDataFields } from './authenticator-data.ts'
import type { IosPhone } from './ios-phone.ts'

/** What a hostile phone does otherwise than an honest one, step by step. */
export type AppAttestHostilitySteps = {
  /** It is another phone, or has another app. */
  readonly phone?: Partial<IosPhone>
  /** It asks for something else than it was told to. */
  readonly attestation?: (request: AppAttestationRequest) => AppAttestationRequest
  readonly assertion?: (request: AppAssertionRequest) => AppAssertionRequest
  /** Before it is signed. */
  readonly authenticatorData?: (honest: AuthenticatorDataFields) => AuthenticatorDataFields
  readonly nonce?: (honest: Buffer) => Buffer
  /** The CBOR that comes out. */
  readonly object?: (honest: Buffer) => Buffer
}

/** Every way in which a virtual iPhone is hostile. Those of one kind of evidence leave the other as it is. */
export const appAttestHostilities = {
  'other-app': { phone: { appId: 'ZZZZZ99999.com.example.other' } },
  'other-environment': { phone: { environment: 'development' } },
  'not-from-the-store': { phone: { validationCategory: 3 } },
  /** A challenge, or a key to be certified, that is not the one that was asked about. */
  'other-client-data': {
    attestation: (request) => ({ ...request, clientData: randomBytes(32) }),
    assertion: (request) => ({ ...request, clientData: randomBytes(32) }),
  },
  /** The App Attest key of another device, under its own key id or under this one's. */
  'other-key': { assertion: (request) => ({ ...request, key: makeAppAttestKey() }) },
  'equal-counter': { assertion: (request) => ({ ...request, counter: request.counter - 1 }) },
  'counter-rollback': { assertion: (request) => ({ ...request, counter: 0 }) },
  'counter-not-zero': {
    authenticatorData: (honest) =>
      honest.credential === undefined ? honest : { ...honest, counter: 1 },
  },
  'other-credential-id': {
    authenticatorData: (honest) =>
      honest.credential === undefined
        ? honest
        : { ...honest, credential: { ...honest.credential, id: randomBytes(32) } },
  },
  'short-credential-id': {
    authenticatorData: (honest) =>
      honest.credential === undefined
        ? honest
        : { ...honest, credential: { ...honest.credential, id: randomBytes(16) } },
  },
  'unknown-environment': {
    authenticatorData: (honest) =>
      honest.credential === undefined
        ? honest
        : { ...honest, credential: { ...honest.credential, aaguid: randomBytes(16) } },
  },
  'other-nonce': { nonce: () => randomBytes(32) },
  'own-root': {
    attestation: (request) => ({ ...request, root: makeDevelopmentRoot({ now: request.at }) }),
  },
  /** Made a month ago: its certificate of days is over. */
  'expired-certificate': {
    attestation: (request) => ({ ...request, at: request.at - 30 * 86_400_000 }),
  },
  'trailing-bytes': { object: (honest) => Buffer.concat([honest, Buffer.alloc(1)]) },
  'trailing-authenticator-data': {
    authenticatorData: (honest) => ({
      ...honest,
      appended: Buffer.concat([honest.appended, Buffer.from([0x01])]),
    }),
  },
  'cut-short': { object: (honest) => honest.subarray(0, -1) },
  /** Ten megabytes of one byte string. */
  'huge-cbor': {
    object: () => Buffer.concat([Buffer.from([0x5a, 0x00, 0xa0, 0, 0]), Buffer.alloc(10_485_760)]),
  },
  /** Ten thousand arrays inside each other. */
  'deep-cbor': { object: () => Buffer.alloc(10_000, 0x81) },
} as const satisfies Record<string, AppAttestHostilitySteps>

export type AppAttestHostility = keyof typeof appAttestHostilities
