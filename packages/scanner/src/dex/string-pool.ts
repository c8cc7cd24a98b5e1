import { lastStart } from '../strings/last-start.ts'
import type { TextRegion } from '../text-region.ts'
import { type DexFile, stringStart } from './dex-file.ts'
import { decodeMutf8, mutf8Bytes } from './mutf8.ts'

/**
 * The strings of all DEX files of an entry as text, each ended by `\n`: one region of what is ASCII, which is nearly
 * all and so stays one byte a character, and one of the rest. A string that several tables share is there once.
 *
 * @param told is told where strings lie in one another, so that they come to more than the file: the rest
 *   is left out
 */
export function stringRegions(
  files: readonly DexFile[],
  path: string,
  told: (why: string) => void,
): TextRegion[] {
  const length = files[0]?.bytes.length ?? 0
  const seen = new Uint8Array(Math.ceil(length / 8))
  const count = files.reduce((sum, { strings }) => sum + strings.count, 0)
  const ascii = new AsciiPool(count, Math.ceil(length / 4))
  const others = new OtherPool(count)
  let left = length + 64 * 1024
  for (const dex of files) {
    const { bytes, strings } = dex
    for (let index = 0; index < strings.count; index++) {
      const start = stringStart(dex, index)
      const bit = 1 << (start & 7)
      if (start >= length || ((seen[start >> 3] as number) & bit) !== 0) continue
      seen[start >> 3] = (seen[start >> 3] as number) | bit
      let end = ascii.add(bytes, start)
      if (end < 0) {
        end = endOfString(bytes, -end)
        others.add(bytes, start, end)
      }
      left -= end - start
      if (left < 0) {
        told(`strings lie in one another: ${strings.count - index - 1} of them were left out`)
        return regionsOf([ascii.finish(), others.finish()], path)
      }
    }
  }
  return regionsOf([ascii.finish(), others.finish()], path)
}

function endOfString(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from)
  return end === -1 ? bytes.length : end
}

/** Of each string, in order: where it begins in the text, and where in the file. */
type Pool = {
  readonly text: string
  readonly starts: Uint32Array
  readonly offsets: Uint32Array
  readonly count: number
}

/** Copies strings as long as they are ASCII. */
class AsciiPool {
  private out: Buffer
  private used = 0
  private count = 0
  private readonly starts: Uint32Array
  private readonly offsets: Uint32Array

  constructor(strings: number, expectedBytes: number) {
    this.starts = new Uint32Array(strings)
    this.offsets = new Uint32Array(strings)
    this.out = Buffer.allocUnsafe(expectedBytes + 64)
  }

  /** @returns where the string ends; where it is not ASCII, it is not taken, and this is minus where that shows */
  add(bytes: Buffer, start: number): number {
    const { length } = bytes
    let { out } = this
    let to = this.used
    for (let at = start; ; at++) {
      const byte = at < length ? (bytes[at] as number) : 0
      if (byte >= 0x80) return -at
      if (to === out.length) out = this.grow(to)
      if (byte !== 0) {
        out[to++] = byte
        continue
      }
      out[to++] = 0x0a
      this.starts[this.count] = this.used
      this.offsets[this.count++] = start
      this.used = to
      return at
    }
  }

  finish(): Pool {
    const { starts, offsets, count } = this
    return { text: this.out.toString('latin1', 0, this.used), starts, offsets, count }
  }

  private grow(used: number): Buffer {
    const larger = Buffer.allocUnsafe(this.out.length * 2)
    this.out.copy(larger, 0, 0, used)
    this.out = larger
    return larger
  }
}

/** Decodes strings, one behind the other: half a million small ones would cost ten times what they hold. */
class OtherPool {
  private out = Buffer.alloc(0)
  private used = 0
  private count = 0
  private starts = new Uint32Array(0)
  private offsets = new Uint32Array(0)
  private readonly strings: number

  constructor(strings: number) {
    this.strings = strings
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.count === 0) {
      this.starts = new Uint32Array(this.strings)
      this.offsets = new Uint32Array(this.strings)
    }
    const text = `${decodeMutf8(bytes, start, end)}\n`
    const needed = this.used + text.length * 2
    if (needed > this.out.length) this.grow(needed)
    this.starts[this.count] = this.used / 2
    this.offsets[this.count++] = start
    this.used += this.out.write(text, this.used, 'utf16le')
  }

  finish(): Pool {
    const { starts, offsets, count } = this
    return { text: this.out.toString('utf16le', 0, this.used), starts, offsets, count }
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.out.length * 2, 4096))
    this.out.copy(larger, 0, 0, this.used)
    this.out = larger
  }
}

function regionsOf(pools: readonly Pool[], path: string): TextRegion[] {
  return pools
    .filter(({ text }) => text.length > 0)
    .map((pool) => ({
      path,
      source: 'code-strings',
      text: pool.text,
      encoding: 'mutf8',
      offsetAt: (index) => offsetAt(pool, index),
    }))
}

function offsetAt({ text, starts, offsets, count }: Pool, index: number): number {
  const string = lastStart(count, (each) => starts[each] as number, index)
  return (offsets[string] as number) + mutf8Bytes(text, starts[string] as number, index)
}
