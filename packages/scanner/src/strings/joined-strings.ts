import type { Sink } from '../sink.ts'
import type { TextSource } from '../text-region.ts'
import { byteOffsets } from './character-offsets.ts'
import { lastStart } from './last-start.ts'

/** Detectors run over regions of about this size: large enough to be few, small enough to be let go of soon. */
const regionBytes = 4 * 1024 ** 2

export type StringsAbout = {
  readonly path: string
  readonly source: TextSource
  /** `utf8` is checked by whoever adds; bytes that are none become U+FFFD, and offsets behind them drift. */
  readonly encoding: 'latin1' | 'utf8' | 'utf16le'
  /** Of the bytes in the entry, where they are a piece of it. Default 0. */
  readonly baseOffset?: number
}

/** Joins many strings of an entry into regions of text, each string ended by `\n`, with no object for each. */
export class JoinedStrings {
  readonly #sink: Sink
  readonly #about: StringsAbout
  /** Nothing at first: a package has thousands of entries without a string. */
  #joined = Buffer.alloc(0)
  #length = 0
  #count = 0
  /** For each string: where it begins in what is joined, and where in the entry. */
  #starts = new Uint32Array(0)

  constructor(sink: Sink, about: StringsAbout) {
    this.#sink = sink
    this.#about = about
  }

  /** Copies the string that lies from `start` to `end`, in bytes. The caller has checked both. */
  add(bytes: Buffer, start: number, end: number): void {
    const needed = this.#length + (end - start) + 2
    if (this.#count > 0 && needed > regionBytes) {
      this.flush()
      this.add(bytes, start, end)
      return
    }
    this.#reserve(needed)
    this.#starts[this.#count * 2] = this.#length
    this.#starts[this.#count * 2 + 1] = start
    this.#count++
    bytes.copy(this.#joined, this.#length, start, end)
    this.#length += end - start
    this.#joined[this.#length++] = 0x0a
    if (this.#about.encoding === 'utf16le') this.#joined[this.#length++] = 0
  }

  /** Hands over what is joined so far. Once more at the end. */
  flush(): void {
    if (this.#count === 0) return
    const { path, source, encoding, baseOffset = 0 } = this.#about
    const text = this.#joined.toString(encoding, 0, this.#length)
    const starts = this.#starts.slice(0, this.#count * 2)
    const byteAt = byteOffsets(text, encoding, this.#length)
    this.#count = 0
    this.#length = 0
    const offsetAt = (index: number) => baseOffset + entryOffset(starts, byteAt(index))
    this.#sink.text({ path, source, encoding, text, offsetAt })
  }

  #reserve(bytes: number): void {
    if (bytes > this.#joined.length) {
      const grown = Buffer.allocUnsafe(Math.max(bytes, this.#joined.length * 2, 1024))
      this.#joined.copy(grown, 0, 0, this.#length)
      this.#joined = grown
    }
    if (this.#count * 2 + 2 > this.#starts.length) {
      const grown = new Uint32Array(Math.max(this.#starts.length * 2, 64))
      grown.set(this.#starts)
      this.#starts = grown
    }
  }
}

function entryOffset(starts: Uint32Array, byte: number): number {
  const index = lastStart(starts.length / 2, (each) => starts[each * 2] ?? 0, byte)
  return (starts[index * 2 + 1] ?? 0) + byte - (starts[index * 2] ?? 0)
}
