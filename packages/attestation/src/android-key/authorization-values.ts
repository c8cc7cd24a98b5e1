import {
  type DerCursor,
  DerError,
  integerBytesOf,
  octetsOf,
  smallIntegerOf,
  type Tag,
  tags,
  utf8Of,
} from '@sallyport/pki'

/*
 * The kinds of values in an attestation, each read from where a cursor stands. Every reader throws
 * DerError for what is not strictly its kind.
 */

const maxUnsigned32 = 0xffff_ffff

/** KeyMint's UINT and ENUM: 32 bits. */
export function smallInteger(at: DerCursor, what: string): number {
  return smallIntegerOf(at.next(tags.integer, what), maxUnsigned32, what)
}

/** KeyMint's ULONG and DATE: 64 bits without a sign. */
export function largeInteger(at: DerCursor, what: string): bigint {
  const element = at.next(tags.integer, what)
  const bytes = integerBytesOf(element, what)
  if (bytes.readUInt8(0) >= 0x80 || bytes.length > 9) {
    throw new DerError(`${what}: not from 0 to 2⁶⁴`, element.offset)
  }
  return BigInt(`0x${bytes.toString('hex')}`)
}

/** SET OF INTEGER. The order of its members says nothing and is not looked at. */
export function smallIntegers(at: DerCursor, what: string): number[] {
  const numbers: number[] = []
  for (const set = at.enter(what, tags.set); !set.isDone; ) numbers.push(smallInteger(set, what))
  return numbers
}

/** KeyMint's BOOL: NULL, and there at all only where it is true. */
export function present(at: DerCursor, what: string): true {
  const element = at.next(tags.null, what)
  if (element.content.length === 0) return true
  throw new DerError(`${what}: NULL with content`, element.offset)
}

export function octets(at: DerCursor, what: string): Buffer {
  return octetsOf(at.next(tags.octetString, what), what)
}

/** UTF-8 in an OCTET STRING. */
export function octetText(at: DerCursor, what: string): string {
  return utf8Of(at.next(tags.octetString, what), what)
}

/** An ENUMERATED, or an INTEGER in its place: the word at that position of the list. */
export function word<Word extends string>(
  at: DerCursor,
  tag: Tag,
  words: readonly Word[],
  what: string,
): Word {
  const element = at.next(tag, what)
  const number = smallIntegerOf(element, maxUnsigned32, what)
  const found = words[number]
  if (found !== undefined) return found
  throw new DerError(`${what}: ${number} is none of ${words.join(', ')}`, element.offset)
}
