import type { DerElement } from './der-cursor.ts'
import { DerError } from './der-error.ts'
import { isConstructed } from './tag.ts'

/** TRUE is 0xff and nothing else (X.690 §11.1). */
export function booleanOf(element: DerElement, what = 'BOOLEAN'): boolean {
  const [value] = primitive(element, what)
  if (element.content.length !== 1 || (value !== 0 && value !== 0xff)) {
    throw new DerError(`${what}: a BOOLEAN is one byte, 00 or FF`, element.offset)
  }
  return value === 0xff
}

/** The content of an INTEGER, two's complement in its shortest form (X.690 §8.3.2). */
export function integerBytesOf(element: DerElement, what = 'INTEGER'): Buffer {
  const content = primitive(element, what)
  const [first, second] = content
  const wasteful =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (first === undefined || wasteful) {
    throw new DerError(`${what}: INTEGER not in its shortest form`, element.offset)
  }
  return content
}

/** An INTEGER from 0 to a maximum, itself at most 2⁴⁸. */
export function smallIntegerOf(element: DerElement, maximum: number, what = 'INTEGER'): number {
  const content = integerBytesOf(element, what)
  const value =
    content.length <= 7 && content.readUInt8(0) < 0x80
      ? content.reduce((sum, byte) => sum * 256 + byte, 0)
      : Number.POSITIVE_INFINITY
  if (value > maximum) throw new DerError(`${what}: not from 0 to ${maximum}`, element.offset)
  return value
}

/** The octets of a BIT STRING that is made of whole octets, such as a key or a signature. */
export function bitStringOctetsOf(element: DerElement, what = 'BIT STRING'): Buffer {
  const content = primitive(element, what)
  if (content[0] !== 0) {
    throw new DerError(`${what}: expected a BIT STRING of whole octets`, element.offset)
  }
  return content.subarray(1)
}

/**
 * Whether each named bit is set. Padding must be zero (X.690 §11.2.1). Trailing zero bits, which DER
 * leaves out of named bits (§11.2.2), are read: roots in every browser and phone have them.
 */
export function namedBitsOf(element: DerElement, what = 'BIT STRING'): boolean[] {
  const content = primitive(element, what)
  const unused = content[0] ?? 8
  const last = content.length > 1 ? (content[content.length - 1] ?? 0) : 0
  const isPadded = content.length > 1 ? unused <= 7 : unused === 0
  if (!isPadded || (last & ((1 << unused) - 1)) !== 0) {
    throw new DerError(`${what}: padding bits are zero and at most seven`, element.offset)
  }
  const bits: boolean[] = []
  for (let index = 0; index < (content.length - 1) * 8 - unused; index++) {
    bits.push(((content.readUInt8(1 + (index >> 3)) >> (7 - (index & 7))) & 1) === 1)
  }
  return bits
}

/** The octets of an OCTET STRING. */
export function octetsOf(element: DerElement, what = 'OCTET STRING'): Buffer {
  return primitive(element, what)
}

/** The text of an IA5String: ASCII without control characters. */
export function asciiOf(element: DerElement, what = 'IA5String'): string {
  const content = primitive(element, what)
  if (content.some((byte) => byte < 0x20 || byte > 0x7e)) {
    throw new DerError(`${what}: expected printable ASCII`, element.offset)
  }
  return content.toString('latin1')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a UTF8String. */
export function utf8Of(element: DerElement, what = 'UTF8String'): string {
  try {
    return utf8.decode(primitive(element, what))
  } catch (error) {
    if (error instanceof DerError) throw error
    throw new DerError(`${what}: not UTF-8`, element.offset)
  }
}

function primitive(element: DerElement, what: string): Buffer {
  if (isConstructed(element.tag)) {
    throw new DerError(`${what}: expected something primitive`, element.offset)
  }
  return element.content
}
