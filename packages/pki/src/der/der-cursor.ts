import { DerError } from './der-error.ts'
import { isConstructed, type Tag, tagName, tags } from './tag.ts'

/** One element: its tag, its content, and the whole of it with the header. */
export class DerElement {
  readonly tag: Tag
  /** Of the first byte of the content, from the beginning of what was read. */
  readonly offset: number
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  readonly #depth: number

  constructor(tag: Tag, bytes: Buffer, start: number, offset: number, end: number, depth: number) {
    this.tag = tag
    this.offset = offset
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#depth = depth
  }

  /** Header and content: a view, not a copy. */
  get whole(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** A view, not a copy. */
  get content(): Buffer {
    return this.#bytes.subarray(this.offset, this.#end)
  }

  /** A cursor inside. Throws DerError where it is not constructed, or lies too deep. */
  enter(what = 'element'): DerCursor {
    if (!isConstructed(this.tag)) {
      throw new DerError(`${what}: expected something constructed`, this.offset)
    }
    if (this.#depth <= 1) throw new DerError(`${what}: nested too deep`, this.offset)
    return new DerCursor(this.#bytes, this.offset, this.#end, this.#depth - 1)
  }
}

export type ReadDerOptions = {
  /** How many levels may lie inside each other. Default 16. */
  maxDepth?: number
}

/** A cursor before the first element of the bytes. The caller bounds their length first. */
export function readDer(bytes: Uint8Array, options: ReadDerOptions = {}): DerCursor {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return new DerCursor(buffer, 0, buffer.length, options.maxDepth ?? 16)
}

/**
 * Reads elements one after another. Only DER (X.690 §8, §10): definite lengths in their shortest
 * form, tags in their shortest form. Nothing is read ahead: an element that nobody enters is only
 * measured. Every method throws DerError.
 */
export class DerCursor {
  readonly #bytes: Buffer
  readonly #end: number
  readonly #depth: number
  #at: number

  constructor(bytes: Buffer, at: number, end: number, depth: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#depth = depth
  }

  get isDone(): boolean {
    return this.#at === this.#end
  }

  /** Of the next element, from the beginning of what was read. */
  get offset(): number {
    return this.#at
  }

  /** The tag of the next element, or undefined at the end. */
  peek(): Tag | undefined {
    if (this.isDone) return undefined
    const at = this.#at
    const tag = this.#readTag()
    this.#at = at
    return tag
  }

  /** The next element, which must have this tag where one is given. */
  next(tag?: Tag, what = 'element'): DerElement {
    if (this.isDone) throw this.#error(`${what} missing`)
    const start = this.#at
    const found = this.#readTag()
    if (tag !== undefined && found !== tag) {
      this.#at = start
      throw this.#error(`${what}: expected ${tagName(tag)}, found ${tagName(found)}`)
    }
    const length = this.#readLength()
    const from = this.#at
    if (length > this.#end - from) throw this.#error(`${what}: longer than what it is in`)
    this.#at = from + length
    return new DerElement(found, this.#bytes, start, from, this.#at, this.#depth)
  }

  /** The next element where it has this tag, otherwise undefined and nothing is read. */
  optional(tag: Tag, what?: string): DerElement | undefined {
    return this.peek() === tag ? this.next(tag, what) : undefined
  }

  /** A cursor inside the next element, a SEQUENCE unless told otherwise. */
  enter(what = 'element', tag: Tag = tags.sequence): DerCursor {
    return this.next(tag, what).enter(what)
  }

  /** Throws where anything is left. */
  end(what = 'element'): void {
    if (!this.isDone) throw this.#error(`${what}: something follows its end`)
  }

  #readTag(): Tag {
    const first = this.#byte()
    const form = first >> 5
    let number = first & 0x1f
    if (number < 31) return number * 8 + form
    number = 0
    for (let count = 0; ; count++) {
      if (count === 3) throw this.#error('tag number too large')
      const byte = this.#byte()
      if (count === 0 && byte === 0x80) throw this.#error('tag not in its shortest form')
      number = number * 128 + (byte & 0x7f)
      if (byte < 0x80) break
    }
    if (number < 31) throw this.#error('tag not in its shortest form')
    return number * 8 + form
  }

  #readLength(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    if (first === 0x80) throw this.#error('indefinite length')
    const count = first & 0x7f
    if (count > 4) throw this.#error('length of more than four bytes')
    let length = 0
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte()
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw this.#error('length not in its shortest form')
    }
    return length
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined
    if (byte === undefined) throw this.#error('header cut short')
    this.#at++
    return byte
  }

  #error(message: string): DerError {
    return new DerError(message, this.offset)
  }
}
