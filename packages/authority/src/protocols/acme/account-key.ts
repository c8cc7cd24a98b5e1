import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'

/** The algorithms that messages are signed by, and what key each needs: nothing else is verified. */
const algorithms = {
  ES256: { kty: 'EC', crv: 'P-256', members: ['crv', 'kty', 'x', 'y'] },
  ES384: { kty: 'EC', crv: 'P-384', members: ['crv', 'kty', 'x', 'y'] },
  RS256: { kty: 'RSA', crv: undefined, members: ['e', 'kty', 'n'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['crv', 'kty', 'x'] },
} as const
export type SignatureAlgorithm = keyof typeof algorithms
export const signatureAlgorithms = Object.keys(algorithms) as SignatureAlgorithm[]

export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return typeof value === 'string' && Object.hasOwn(algorithms, value)
}

/** A public key of ACME: an account's, or that of a certificate. */
export type AccountKey = {
  /** JSON of its members in lexicographic order, and of no others (RFC 7638 §3). */
  readonly jwk: string
  /** SHA-256 of that, base64url: it names the account, and is half of every key authorization. */
  readonly thumbprint: string
  readonly key: KeyObject
  /** SHA-256 of its SubjectPublicKeyInfo, base64url. */
  readonly spkiSha256: string
}

/** Longer is no key that is taken: RSA of 4096 bits has 683 characters. */
const maxMemberCharacters = 700
const rsaBits = { least: 2_048, most: 4_096 } as const

/**
 * The public key of a JWK for an algorithm.
 *
 * @throws Problem `acme_key_refused`
 */
export function readAccountKey(value: unknown, algorithm: SignatureAlgorithm): AccountKey {
  const { kty, crv, members } = algorithms[algorithm]
  const given = asRecord(value)
  if (given['kty'] !== kty || given['crv'] !== crv) {
    throw refused(`a key of ${crv ?? kty}, for ${algorithm}`, 'another')
  }
  if (Object.hasOwn(given, 'd')) throw refused('a public key', 'a private one')
  const public_ = Object.fromEntries(members.map((name) => [name, memberOf(given, name)]))
  const key = importKey(public_)
  refuseOddRsa(key)
  const jwk = JSON.stringify(public_)
  const spki = key.export({ format: 'der', type: 'spki' })
  return { jwk, thumbprint: sha256(jwk), key, spkiSha256: sha256(spki) }
}

/** An exponent as long as the modulus would make each verification cost as much as a signature. */
function refuseOddRsa({ asymmetricKeyDetails }: KeyObject): void {
  const { modulusLength, publicExponent } = asymmetricKeyDetails ?? {}
  if (modulusLength === undefined || publicExponent === undefined) return
  const isLong = modulusLength >= rsaBits.least && modulusLength <= rsaBits.most
  if (isLong && publicExponent >= 3n && publicExponent <= 0xffff_ffffn) return
  throw refused(`RSA of ${rsaBits.least} to ${rsaBits.most} bits`, `${modulusLength} bits`)
}

/** A key that was read before. */
export function storedKey(jwk: string): AccountKey {
  const parsed = JSON.parse(jwk) as { kty: string; crv?: string }
  const algorithm = signatureAlgorithms.find(
    (name) => algorithms[name].kty === parsed.kty && algorithms[name].crv === parsed.crv,
  )
  return readAccountKey(parsed, algorithm ?? 'ES256')
}

function importKey(jwk: Record<string, string>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw refused('a public key', 'values that are none')
  }
}

function memberOf(given: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(given, name) ? given[name] : undefined
  const isOne = typeof value === 'string' && value.length <= maxMemberCharacters
  if (isOne && /^[A-Za-z0-9_-]+$/.test(value)) return value
  throw refused(`the member ${name} of a JWK`, 'none that is one')
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw refused('a JWK', typeof value)
}

const sha256 = (value: string | Uint8Array) =>
  createHash('sha256').update(value).digest('base64url')

function refused(expected: string, found: string): Problem {
  return new Problem('acme_key_refused', { expected, found })
}
