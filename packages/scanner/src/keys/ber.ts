import { KeyFault } from './key-fault.ts'

/** Universal identifier octets that key containers are made of. */
export const berTags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const

const maxDepth = 24
const maxChildren = 20_000

/**
 * One element of BER: what BouncyCastle, NSS and Apple write into PKCS#12 has indefinite lengths and strings in
 * pieces (X.690 §8.1.3.6, §8.7.3), which DER, and therefore the reader of certificates, refuses.
 */
export class BerElement {
  /** The identifier octet. Tags of 31 and above are refused: no key container has one. */
  readonly tag: number
  /** Index of the identifier octet, and after the last octet of the element. */
  readonly start: number
  readonly end: number
  readonly #bytes: Buffer
  readonly #from: number
  readonly #to: number
  readonly #depth: number

  constructor(bytes: Buffer, start: number, limit: number, depth: number) {
    if (depth > maxDepth) throw new KeyFault('nested too deep')
    if (start + 2 > limit) throw new KeyFault('cut short')
    this.#bytes = bytes
    this.#depth = depth
    this.start = start
    this.tag = bytes.readUInt8(start)
    if ((this.tag & 0x1f) === 0x1f) throw new KeyFault('a tag of more than one byte')
    const first = bytes.readUInt8(start + 1)
    if (first === 0x80) {
      if ((this.tag & 0x20) === 0) throw new KeyFault('an indefinite length of something primitive')
      this.#from = start + 2
      this.#to = endOfContents(bytes, this.#from, limit, depth)
      this.end = this.#to + 2
      return
    }
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    if (lengthBytes > 4 || start + 2 + lengthBytes > limit) throw new KeyFault('length cut short')
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes)
    this.#from = start + 2 + lengthBytes
    this.#to = this.#from + length
    this.end = this.#to
    if (this.end > limit) throw new KeyFault('longer than what it is in')
  }

  /** Header and content: a view, not a copy. */
  get whole(): Buffer {
    return this.#bytes.subarray(this.start, this.end)
  }

  get content(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to)
  }

  /** What lies within. Throws KeyFault where it is primitive or broken. */
  children(): BerElement[] {
    if ((this.tag & 0x20) === 0) throw new KeyFault('expected something constructed')
    const found: BerElement[] = []
    for (let at = this.#from; at < this.#to; ) {
      if (found.length === maxChildren) throw new KeyFault(`more than ${maxChildren} elements`)
      const child = new BerElement(this.#bytes, at, this.#to, this.#depth + 1)
      found.push(child)
      at = child.end
    }
    return found
  }

  /** The child at this place, of this tag. */
  child(index: number, tag: number, what: string): BerElement {
    return expectTag(this.children()[index], tag, what)
  }

  /** The octets of an OCTET STRING, or of an IMPLICIT one, joined where it is in pieces. */
  octets(): Buffer {
    if ((this.tag & 0x20) === 0) return this.content
    return Buffer.concat(this.children().map((piece) => piece.octets()))
  }

  /** An INTEGER from 0 to 2⁴⁸. */
  number(): number {
    const { content } = this
    if (this.tag !== berTags.integer || content.length < 1 || content.length > 6) {
      throw new KeyFault('expected a small INTEGER')
    }
    if (content.readUInt8(0) >= 0x80) throw new KeyFault('a number below 0')
    return content.readUIntBE(0, content.length)
  }
}

/** The element at the beginning of the bytes. What follows it is not looked at. */
export function readBer(bytes: Buffer, start = 0): BerElement {
  return new BerElement(bytes, start, bytes.length, 0)
}

/** The element itself. @param what for the fault. @throws KeyFault where it is missing, or of another tag */
export function expectTag(element: BerElement | undefined, tag: number, what: string): BerElement {
  if (element?.tag !== tag) throw new KeyFault(`${what} missing`)
  return element
}

function endOfContents(bytes: Buffer, from: number, limit: number, depth: number): number {
  for (let at = from, count = 0; at + 2 <= limit; count++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at
    if (count === maxChildren) throw new KeyFault(`more than ${maxChildren} elements`)
    at = new BerElement(bytes, at, limit, depth + 1).end
  }
  throw new KeyFault('no end of an indefinite length')
}
