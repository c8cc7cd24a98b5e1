import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { fromBase64url } from '@sallyport/wire'

/** The public key that a proof brings in its header. */
export type ProofKey = {
  readonly key: KeyObject
  /** RFC 7638, SHA-256, base64url: `cnf.jkt` of the tokens that are bound to it. */
  readonly thumbprint: string
}

type KeyForm = {
  /** What the thumbprint is over, in its order (RFC 7638 §3.2). */
  readonly members: readonly string[]
  /** Lengths of the numbers in bytes; of the others the key itself tells. */
  readonly lengths: Readonly<Record<string, (curve: unknown) => readonly [number, number]>>
}

const coordinateBytes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }
const coordinate = (curve: unknown): [number, number] => {
  const length = typeof curve === 'string' ? (coordinateBytes[curve] ?? 0) : 0
  return [length, length]
}

/** By `kty`. An RSA key has 2048 to 4096 bits and a short exponent: a longer one makes each check dear. */
const forms: ReadonlyMap<unknown, KeyForm> = new Map([
  ['EC', { members: ['crv', 'kty', 'x', 'y'], lengths: { x: coordinate, y: coordinate } }],
  ['OKP', { members: ['crv', 'kty', 'x'], lengths: { x: () => [32, 32] as const } }],
  [
    'RSA',
    {
      members: ['e', 'kty', 'n'],
      lengths: { e: () => [1, 4] as const, n: () => [256, 512] as const },
    },
  ],
])

/** RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

/**
 * Reads a public key (RFC 7517 §4) and works out its thumbprint.
 *
 * @returns what is wrong with it, where it is not one that can be used
 */
export function readProofKey(jwk: unknown): ProofKey | string {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'none'
  const given = jwk as Readonly<Record<string, unknown>>
  const secret = privateMembers.find((member) => Object.hasOwn(given, member))
  if (secret !== undefined) return `one with ${secret}, which is private`
  const form = forms.get(given['kty'])
  if (form === undefined) return 'one of another kty'
  const required: Record<string, string> = {}
  for (const member of form.members) {
    const value = given[member]
    if (typeof value !== 'string') return `one without ${member}`
    const range = form.lengths[member]?.(given['crv'])
    if (range !== undefined && !isNumber(value, range)) {
      return `one whose ${member} is not in base64url, or not as long as it must be`
    }
    required[member] = value
  }
  try {
    // OpenSSL checks that a point lies on its curve.
    const key = createPublicKey({ key: required, format: 'jwk' })
    return { key, thumbprint: hash('sha256', JSON.stringify(required), 'base64url') }
  } catch {
    return 'one that is no point of its curve, or of an unknown curve'
  }
}

function isNumber(value: string, [minimum, maximum]: readonly [number, number]): boolean {
  const bytes = value.length > 1_000 ? undefined : fromBase64url(value)
  return bytes !== undefined && bytes.length >= minimum && bytes.length <= maximum
}
