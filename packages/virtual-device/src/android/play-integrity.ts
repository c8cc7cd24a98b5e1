import {
  createCipheriv,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { type Evidence, toBase64url } from '@sallyport/wire'
import { spkiOf } from '../write-certificate.ts'
import { type AndroidPhone, defaultAndroidPhone } from './android-phone.ts'

/** The keys that the Play Console gives out for an app, and the one that Google keeps. */
export type PlayConsole = {
  /** AES, base64: the file `decryptionKeyFile`. */
  readonly decryptionKey: string
  /** P-256, SubjectPublicKeyInfo, base64: the file `verificationKeyFile`. */
  readonly verificationKey: string
  readonly signingKey: KeyObject
}

export function makePlayConsole(): PlayConsole {
  const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return {
    decryptionKey: randomBytes(32).toString('base64'),
    verificationKey: spkiOf(signingKey).toString('base64'),
    signingKey,
  }
}

export type PlayIntegrityTokenOptions = {
  readonly console: PlayConsole
  /** What the app hands the SHA-256 of to Play, base64url. */
  readonly clientData: Uint8Array
  /** Milliseconds; default now. */
  readonly at?: number
  /** What is different from `defaultAndroidPhone`. */
  readonly phone?: Partial<AndroidPhone>
  readonly hostility?: PlayIntegrityHostility
}

type Request = Required<Omit<PlayIntegrityTokenOptions, 'hostility' | 'phone'>> & {
  readonly phone: AndroidPhone
}
type Verdict = {
  readonly requestDetails: object
  readonly appIntegrity: object
  readonly deviceIntegrity: { readonly deviceRecognitionVerdict: readonly string[] }
  readonly accountDetails: object
}
type Steps = {
  readonly request?: (request: Request) => Request
  readonly verdict?: (honest: Verdict) => Verdict
}

/** Every way in which a token of Play Integrity says what it should not. */
export const playIntegrityHostilities = {
  'other-request': { request: (request) => ({ ...request, clientData: randomBytes(32) }) },
  'other-keys': { request: (request) => ({ ...request, console: makePlayConsole() }) },
  'old-token': { request: (request) => ({ ...request, at: request.at - 86_400_000 }) },
  'other-app': {
    request: (request) => ({
      ...request,
      phone: { ...request.phone, packageName: 'com.example.other' },
    }),
  },
  'unrecognised-app': {
    verdict: (honest) => ({
      ...honest,
      appIntegrity: { ...honest.appIntegrity, appRecognitionVerdict: 'UNRECOGNIZED_VERSION' },
    }),
  },
  'no-device-integrity': {
    verdict: (honest) => ({ ...honest, deviceIntegrity: { deviceRecognitionVerdict: [] } }),
  },
} as const satisfies Record<string, Steps>

export type PlayIntegrityHostility = keyof typeof playIntegrityHostilities

/**
 * A token of a standard request: JWE (A256KW, A256GCM) around JWS (ES256), as
 * https://developer.android.com/google/play/integrity/standard has it.
 */
export function playIntegrityToken({ hostility, ...options }: PlayIntegrityTokenOptions): string {
  const steps: Steps = hostility === undefined ? {} : playIntegrityHostilities[hostility]
  const phone = { ...defaultAndroidPhone, ...options.phone }
  const asked = { at: Date.now(), ...options, phone }
  const request = steps.request?.(asked) ?? asked
  const honest = verdictOf(request)
  const payload = JSON.stringify(steps.verdict?.(honest) ?? honest)
  return encrypted(signed(payload, request.console), request.console)
}

/** The same as the device API carries it, beside evidence. */
export function playIntegritySignal(options: PlayIntegrityTokenOptions): Evidence {
  return { format: 'play-integrity', token: playIntegrityToken(options) }
}

function verdictOf({ phone, clientData, at }: Request): Verdict {
  const { packageName, packageVersion, signerDigest } = phone
  return {
    requestDetails: {
      requestPackageName: packageName,
      nonce: createHash('sha256').update(clientData).digest('base64url'),
      timestampMillis: String(at),
    },
    appIntegrity: {
      appRecognitionVerdict: 'PLAY_RECOGNIZED',
      packageName,
      certificateSha256Digest: [Buffer.from(signerDigest, 'hex').toString('base64url')],
      versionCode: String(packageVersion),
    },
    deviceIntegrity: { deviceRecognitionVerdict: ['MEETS_DEVICE_INTEGRITY'] },
    accountDetails: { appLicensingVerdict: 'LICENSED' },
  }
}

const json = (value: object) => toBase64url(Buffer.from(JSON.stringify(value)))

/** JWS in compact form (RFC 7515 §3.1). */
function signed(payload: string, { signingKey }: PlayConsole): string {
  const input = `${json({ alg: 'ES256' })}.${toBase64url(Buffer.from(payload))}`
  const key = { key: signingKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${toBase64url(sign('sha256', Buffer.from(input), key))}`
}

/** JWE in compact form (RFC 7516 §3.1): a key for this token, wrapped (RFC 3394) with that of the app. */
function encrypted(plaintext: string, { decryptionKey }: PlayConsole): string {
  const header = json({ alg: 'A256KW', enc: 'A256GCM' })
  const key = randomBytes(32)
  const wrap = createCipheriv(
    'id-aes256-wrap',
    Buffer.from(decryptionKey, 'base64'),
    Buffer.alloc(8, 0xa6),
  )
  const wrapped = Buffer.concat([wrap.update(key), wrap.final()])
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return [header, ...[wrapped, iv, ciphertext, cipher.getAuthTag()].map(toBase64url)].join('.')
}
