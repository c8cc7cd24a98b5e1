/** What Google says in an integrity token, as far as checks look at it. Undefined: it does not say. */
export type IntegrityVerdict = {
  /** As the app asked: an attacker in between can change it, unlike `packageName`. */
  readonly requestPackageName: string | undefined
  /** Of a standard request. */
  readonly requestHash: string | undefined
  /** Of a classic request. */
  readonly nonce: string | undefined
  /** Milliseconds. */
  readonly timestamp: number | undefined
  readonly appRecognition: string | undefined
  readonly packageName: string | undefined
  /** SHA-256 of the certificates that the app is signed with, lower-case hex. */
  readonly signerDigests: readonly string[]
  readonly versionCode: number | undefined
  readonly deviceRecognition: readonly string[]
  readonly appLicensing: string | undefined
}

type Members = Readonly<Record<string, unknown>>

/**
 * Reads a verdict (https://developer.android.com/google/play/integrity/verdicts). Google adds to it
 * from time to time: members that are not known are left alone. `verdict` is undefined where one that
 * is known is of another type, and `members` is empty where there is no JSON object at all.
 */
export function readIntegrityVerdict(payload: Uint8Array): {
  members: Members
  verdict: IntegrityVerdict | undefined
} {
  let members: Members = {}
  try {
    members = objectOf(JSON.parse(utf8.decode(payload)))
    return { members, verdict: verdictOf(members) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return { members, verdict: undefined }
    }
    throw error
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function verdictOf(members: Members): IntegrityVerdict {
  const request = objectOf(members['requestDetails'])
  const app = objectOf(members['appIntegrity'] ?? {})
  const device = objectOf(members['deviceIntegrity'] ?? {})
  const account = objectOf(members['accountDetails'] ?? {})
  return {
    requestPackageName: textOf(request['requestPackageName']),
    requestHash: textOf(request['requestHash']),
    nonce: textOf(request['nonce']),
    timestamp: numberOf(request['timestampMillis']),
    appRecognition: textOf(app['appRecognitionVerdict']),
    packageName: textOf(app['packageName']),
    signerDigests: textsOf(app['certificateSha256Digest']).map(hexOf),
    versionCode: numberOf(app['versionCode']),
    deviceRecognition: textsOf(device['deviceRecognitionVerdict']),
    appLicensing: textOf(account['appLicensingVerdict']),
  }
}

function objectOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('expected an object')
  }
  return value as Members
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError('expected a text')
}

function textsOf(value: unknown): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new TypeError('expected a list')
  return value.map((one: unknown) => textOf(one) ?? '')
}

/** 64-bit numbers are texts in Google's JSON. */
function numberOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
  throw new TypeError('expected a number')
}

/** Digests come as base64url, with padding or without. */
const hexOf = (digest: string): string => Buffer.from(digest, 'base64url').toString('hex')
