import { CborError } from './cbor-error.ts'
import { CborReader, type CborLimits } from './cbor-reader.ts'
import type { CborValue } from './cbor-value.ts'

const defaultLimits: CborLimits = { maxDepth: 8, maxItems: 1_000 }

/**
 * Decodes the one CBOR item that the bytes are. CborError where anything follows it, and as
 * `decodeFirstCbor`.
 */
export function decodeCbor(bytes: Uint8Array, limits: Partial<CborLimits> = {}): CborValue {
  const { value, byteLength } = decodeFirstCbor(bytes, limits)
  if (byteLength !== bytes.length) throw new CborError('something follows the item', byteLength)
  return value
}

/**
 * Decodes the CBOR item (RFC 8949) at the beginning of the bytes and tells how many of them it took;
 * what follows is not looked at. Authenticators write CTAP2's canonical form, and so only that is
 * read: definite lengths, numbers in their shortest form, no tags, no key twice, keys that are
 * integers or text; text must be UTF-8. The order of keys is not checked. Byte strings are views, not
 * copies. The caller bounds the length of the bytes first; depth and count are bounded here (default
 * 8 levels, 1,000 items). Throws CborError.
 */
export function decodeFirstCbor(
  bytes: Uint8Array,
  limits: Partial<CborLimits> = {},
): { value: CborValue; byteLength: number } {
  const reader = new CborReader(bytes, { ...defaultLimits, ...limits })
  const value = reader.next()
  return { value, byteLength: reader.offset }
}
