import { DerError } from './der-error.ts'
import { isConstructed, type Tag, tagName, tags } from './tag.ts'

/** One element: its tag, its content, and the whole of it with the header. Views, not copies. */
export type DerElement = {
  readonly tag: Tag
  readonly whole: Buffer
  readonly content: Buffer
  /** Of the first byte of the content, from the beginning of what was read. */
  readonly offset: number
  readonly depth: number
}

export type ReadDerOptions = {
  /** How many levels may lie inside each other. Default 16. */
  maxDepth?: number
}

/** A cursor before the first element of the bytes. The caller bounds their length first. */
export function readDer(bytes: Uint8Array, options: ReadDerOptions = {}): DerCursor {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return new DerCursor(buffer, 0, options.maxDepth ?? 16)
}

/**
 * Reads elements one after another. Only DER (X.690 §8, §10): definite lengths in their shortest
 * form, tags in their shortest form. Nothing is read ahead: an element that nobody enters is only
 * measured. Every method throws DerError.
 */
export class DerCursor {
  readonly #bytes: Buffer
  readonly #base: number
  readonly #depth: number
  #at = 0

  constructor(bytes: Buffer, base: number, depth: number) {
    this.#bytes = bytes
    this.#base = base
    this.#depth = depth
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length
  }

  get offset(): number {
    return this.#base + this.#at
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
    const start = this.#at
    if (this.isDone) throw this.#error(`${what} missing`)
    const found = this.#readTag()
    if (tag !== undefined && found !== tag) {
      this.#at = start
      throw this.#error(`${what}: expected ${tagName(tag)}, found ${tagName(found)}`)
    }
    const length = this.#readLength()
    const from = this.#at
    const end = from + length
    if (end > this.#bytes.length) throw this.#error(`${what}: longer than what it is in`)
    this.#at = end
    return {
      tag: found,
      whole: this.#bytes.subarray(start, end),
      content: this.#bytes.subarray(from, end),
      offset: this.#base + from,
      depth: this.#depth,
    }
  }

  /** The next element where it has this tag, otherwise undefined and nothing is read. */
  optional(tag: Tag, what?: string): DerElement | undefined {
    return this.peek() === tag ? this.next(tag, what) : undefined
  }

  /** A cursor inside the next element, a SEQUENCE unless told otherwise. */
  enter(what = 'element', tag: Tag = tags.sequence): DerCursor {
    return enter(this.next(tag, what), what)
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
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.#error('header cut short')
    this.#at++
    return byte
  }

  #error(message: string): DerError {
    return new DerError(message, this.offset)
  }
}

/** A cursor inside a constructed element. Throws DerError where it lies too deep. */
export function enter(element: DerElement, what = 'element'): DerCursor {
  if (!isConstructed(element.tag)) {
    throw new DerError(`${what}: expected something constructed`, element.offset)
  }
  if (element.depth <= 1) throw new DerError(`${what}: nested too deep`, element.offset)
  return new DerCursor(element.content, element.offset, element.depth - 1)
}
