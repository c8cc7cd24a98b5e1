import { objectIdentifierBytes } from './object-identifier.ts'
import { contextConstructed, contextPrimitive, type Tag, tags } from './tag.ts'

/** One element: header, then the parts as its content. */
export function derElement(tag: Tag, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([tagBytes(tag), lengthBytes(length), ...parts])
}

export const derSequence = (...parts: readonly Uint8Array[]): Buffer =>
  derElement(tags.sequence, ...parts)
export const derOctetString = (octets: Uint8Array): Buffer => derElement(tags.octetString, octets)
export const derNull = (): Buffer => derElement(tags.null)
export const derOid = (oid: string): Buffer => derElement(tags.oid, objectIdentifierBytes(oid))
export const derUtf8 = (text: string): Buffer =>
  derElement(tags.utf8String, Buffer.from(text, 'utf8'))
/** `[number] EXPLICIT`, or IMPLICIT of a SEQUENCE whose members the parts are. */
export const derContext = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  derElement(contextConstructed(number), ...parts)
/** `[number] IMPLICIT` of something primitive with these content octets. */
export const derContextPrimitive = (number: number, content: Uint8Array): Buffer =>
  derElement(contextPrimitive(number), content)
export const derBoolean = (value: boolean): Buffer =>
  derElement(tags.boolean, Buffer.from([value ? 0xff : 0]))

/** SET OF: the encoded elements in ascending order (X.690 §11.6). */
export function derSetOf(...parts: readonly Uint8Array[]): Buffer {
  return derElement(tags.set, ...parts.toSorted((a, b) => Buffer.compare(a, b)))
}

/** A number, or octets that are an unsigned big-endian number, as a non-negative INTEGER. */
export function derInteger(value: number | Uint8Array): Buffer {
  const unsigned = typeof value === 'number' ? numberBytes(value) : value
  const firstUsed = unsigned.findIndex((byte) => byte !== 0)
  const used = firstUsed < 0 ? Buffer.alloc(1) : unsigned.subarray(firstUsed)
  // A leading zero keeps a number positive whose first bit is set.
  const sign = (used[0] ?? 0) >= 0x80 ? Buffer.alloc(1) : Buffer.alloc(0)
  return derElement(tags.integer, sign, used)
}

/** A BIT STRING of whole octets. */
export const derBitString = (octets: Uint8Array): Buffer =>
  derElement(tags.bitString, Buffer.alloc(1), octets)

/** A BIT STRING of named bits, trailing zero bits left out (X.690 §11.2.2). */
export function derNamedBits(positions: readonly number[]): Buffer {
  const highest = Math.max(-1, ...positions)
  const octets = Buffer.alloc(Math.ceil((highest + 1) / 8))
  for (const position of positions) {
    const at = position >> 3
    octets.writeUInt8(octets.readUInt8(at) | (0x80 >> (position & 7)), at)
  }
  const unused = highest < 0 ? 0 : 7 - (highest & 7)
  return derElement(tags.bitString, Buffer.from([unused]), octets)
}

function tagBytes(tag: Tag): Buffer {
  const number = tag >> 3
  const form = (tag & 7) << 5
  if (number < 31) return Buffer.from([form | number])
  const rest = [number % 128]
  for (let left = number >> 7; left > 0; left >>= 7) rest.unshift((left % 128) + 128)
  return Buffer.from([form | 31, ...rest])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets = numberBytes(length)
  return Buffer.from([0x80 | octets.length, ...octets])
}

function numberBytes(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`not a non-negative integer: ${value}`)
  }
  const octets: number[] = []
  for (let left = value; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256)
  return Buffer.from(octets.length === 0 ? [0] : octets)
}
