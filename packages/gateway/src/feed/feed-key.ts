import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { type FeedKey, maxFeedKeys } from '@sallyport/wire'

const coordinate = /^[A-Za-z0-9_-]{43}$/

/**
 * The keys of a JWK Set (RFC 7517 §5), or of a key set of the feed. Members beside those of a key are passed
 * over; a key of another kind is refused, not passed over: whoever wrote the file expects it to count.
 *
 * @throws RangeError
 */
export function readFeedKeys(value: unknown): FeedKey[] {
  const keys = (value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxFeedKeys) {
    throw new RangeError(`keys: not a list of 1 to ${maxFeedKeys} keys`)
  }
  return keys.map(readFeedKey)
}

function readFeedKey(value: unknown): FeedKey {
  const { kty, crv, x, y, kid, alg } = (value ?? {}) as Record<string, unknown>
  if (kty !== 'EC' || crv !== 'P-256' || (alg !== undefined && alg !== 'ES256')) {
    throw new RangeError(`a key of kind ${String(kty)} ${String(crv)}, not P-256 for ES256`)
  }
  if (!isCoordinate(x) || !isCoordinate(y)) throw new RangeError('a key without x and y')
  // RFC 7638 §3.2: the required members, in the order of their names.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y }))
  const expected = thumbprint.digest('base64url')
  if (kid !== expected) throw new RangeError(`a key whose kid is not its thumbprint, ${expected}`)
  const key: FeedKey = { kty, crv, x, y, kid: expected, alg: 'ES256', use: 'sig' }
  void keyObjectOf(key)
  return key
}

/** @throws Error where it is no point of the curve */
export function keyObjectOf({ kty, crv, x, y }: FeedKey): KeyObject {
  return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
}

function isCoordinate(value: unknown): value is string {
  return typeof value === 'string' && coordinate.test(value)
}
