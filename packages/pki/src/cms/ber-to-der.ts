import { DerError, derElement, type Tag, tagNumber, tags } from '../der/index.ts'

/** CMS of one signer with three certificates reaches eleven. */
const defaultDepth = 16

/**
 * BER (X.690 §8) as DER reads it: every length definite and in its shortest form, OCTET STRINGs that
 * are in pieces put together. Apple's servers write CMS so. What else BER allows is refused here
 * (other strings in pieces) or by whoever reads the DER (BOOLEANs, INTEGERs), and SETs keep their
 * order. One element, and nothing after it. The caller bounds the length of the bytes first; the work
 * is at most that length times the depth, whose default is 16. Throws DerError.
 */
export function berToDer(bytes: Uint8Array, options: { maxDepth?: number } = {}): Buffer {
  const reader = new BerReader(bytes)
  const { der } = reader.element(bytes.length, options.maxDepth ?? defaultDepth)
  reader.end()
  return der
}

type Element = { readonly tag: Tag; readonly content: Buffer; readonly der: Buffer }

class BerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The next element, which lies before `limit`. */
  element(limit: number, depth: number): Element {
    if (depth === 0) throw this.#error('nested too deep')
    const tag = this.#tag(limit)
    const length = this.#length(limit)
    if (length !== undefined && length > limit - this.#at) {
      throw this.#error('longer than what it is in')
    }
    if ((tag & 1) === 1) return put(tag, this.#inside(length, limit, depth - 1), this.#at)
    if (length === undefined) throw this.#error('indefinite length of something primitive')
    return written(tag, this.#take(length, limit))
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#error('something follows the end')
  }

  #inside(length: number | undefined, limit: number, depth: number): Element[] {
    const elements: Element[] = []
    const end = length === undefined ? undefined : this.#at + length
    while (end === undefined ? !this.#isEndOfContents(limit) : this.#at < end) {
      elements.push(this.element(end ?? limit, depth))
    }
    return elements
  }

  /** Whether two zero octets stand next, which end an indefinite length (§8.1.5); they are read. */
  #isEndOfContents(limit: number): boolean {
    if (limit - this.#at < 2 || this.#bytes.readUInt16BE(this.#at) !== 0) return false
    this.#at += 2
    return true
  }

  #tag(limit: number): Tag {
    const first = this.#byte(limit)
    const form = first >> 5
    let number = first & 0x1f
    if (first === 0) throw this.#error('end-of-contents where nothing ends')
    if (number < 31) return number * 8 + form
    number = 0
    for (let count = 0; ; count++) {
      if (count === 3) throw this.#error('tag number too large')
      const byte = this.#byte(limit)
      number = number * 128 + (byte & 0x7f)
      if (number === 0) throw this.#error('tag not in its shortest form')
      if (byte < 0x80) break
    }
    if (number < 31) throw this.#error('tag not in its shortest form')
    return number * 8 + form
  }

  /** Undefined: indefinite. BER lets a length be longer than its shortest form. */
  #length(limit: number): number | undefined {
    const first = this.#byte(limit)
    if (first < 0x80) return first
    if (first === 0x80) return undefined
    const count = first & 0x7f
    if (count > 4) throw this.#error('length of more than four bytes')
    return this.#take(count, limit).readUIntBE(0, count)
  }

  #byte(limit: number): number {
    return this.#take(1, limit).readUInt8(0)
  }

  #take(count: number, limit: number): Buffer {
    const start = this.#at
    if (count > limit - start) throw this.#error('cut short')
    this.#at += count
    return this.#bytes.subarray(start, this.#at)
  }

  #error(message: string): DerError {
    return new DerError(message, this.#at)
  }
}

const sequenceNumber = tagNumber(tags.sequence)
const setNumber = tagNumber(tags.set)
const octetStringInPieces: Tag = tags.octetString + 1
const isUniversal = (tag: Tag): boolean => ((tag >> 1) & 3) === 0

/** Something constructed, from what is inside it. */
function put(tag: Tag, inside: readonly Element[], offset: number): Element {
  if (tag === octetStringInPieces) {
    if (inside.some((piece) => piece.tag !== tags.octetString)) {
      throw new DerError('an OCTET STRING in pieces that are none', offset)
    }
    return written(tags.octetString, Buffer.concat(inside.map(({ content }) => content)))
  }
  const number = tagNumber(tag)
  if (isUniversal(tag) && number !== sequenceNumber && number !== setNumber) {
    throw new DerError('something in pieces that is put together nowhere', offset)
  }
  return written(tag, Buffer.concat(inside.map(({ der }) => der)))
}

function written(tag: Tag, content: Buffer): Element {
  return { tag, content, der: derElement(tag, content) }
}
