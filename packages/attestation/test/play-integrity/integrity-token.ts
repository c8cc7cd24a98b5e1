// Google hands out no tokens for tests: these are made with jose, in the shape of its documentation
// (https://developer.android.com/google/play/integrity/verdicts), under keys of the test.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { CompactEncrypt, CompactSign } from 'jose'
import type { PlayIntegrityPolicy } from '../../src/index.ts'

export const at = Date.UTC(2026, 10, 21, 12)
export const clientData = Buffer.from('what the app asked the token for')
export const requestHash = createHash('sha256').update(clientData).digest('base64url')
const signer = Buffer.alloc(32, 7)

const decryptionKey = randomBytes(32)
const google = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const keys = {
  decryptionKey: decryptionKey.toString('base64'),
  verificationKey: google.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
}
export const policy: PlayIntegrityPolicy = {
  ...keys,
  packages: ['com.example.wallet'],
  signerDigests: [signer.toString('hex')],
  deviceRecognition: ['MEETS_DEVICE_INTEGRITY', 'MEETS_STRONG_INTEGRITY'],
  appLicensing: ['LICENSED'],
  minimumVersionCode: 42,
  maxAgeSeconds: 120,
}

export const verdict = {
  requestDetails: {
    requestPackageName: 'com.example.wallet',
    requestHash,
    timestampMillis: `${at - 30_000}`,
  },
  appIntegrity: {
    appRecognitionVerdict: 'PLAY_RECOGNIZED',
    packageName: 'com.example.wallet',
    certificateSha256Digest: [signer.toString('base64url')],
    versionCode: '42',
  },
  deviceIntegrity: {
    deviceRecognitionVerdict: [
      'MEETS_BASIC_INTEGRITY',
      'MEETS_DEVICE_INTEGRITY',
      'MEETS_STRONG_INTEGRITY',
    ],
    deviceAttributes: { sdkVersion: 36 },
    recentDeviceActivity: { deviceActivityLevel: 'LEVEL_1' },
  },
  accountDetails: { appLicensingVerdict: 'LICENSED' },
  environmentDetails: {
    playProtectVerdict: 'NO_ISSUES',
    appAccessRiskVerdict: { appsDetected: ['KNOWN_INSTALLED'] },
  },
}

export type TokenForm = {
  readonly signingKey?: KeyObject
  readonly encryptionKey?: Uint8Array
  readonly signedHeader?: Record<string, unknown>
  readonly encryptedHeader?: Record<string, unknown>
}

export async function integrityToken(
  payload: unknown = verdict,
  { encryptionKey, encryptedHeader, ...signing }: TokenForm = {},
): Promise<string> {
  const signed = await signedVerdict(payload, signing)
  return encrypt(Buffer.from(signed), encryptionKey, encryptedHeader)
}

/** The JWS that stands inside a token. */
export function signedVerdict(
  payload: unknown,
  { signingKey, signedHeader }: TokenForm = {},
): Promise<string> {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))
  return new CompactSign(bytes)
    .setProtectedHeader({ alg: 'ES256', ...signedHeader })
    .sign(signingKey ?? google.privateKey)
}

export function encrypt(
  plaintext: Uint8Array,
  key: Uint8Array = decryptionKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', ...header })
    .encrypt(key)
}
