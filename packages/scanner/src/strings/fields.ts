import { EntryFault } from '../archive/entry.ts'

/** Numbers at offsets of a format with one byte order. Each read is held to the end of the bytes. */
export class Fields {
  readonly bytes: Buffer
  readonly #isLittleEndian: boolean
  readonly #what: string

  /** @param what names the format in faults: `ELF` */
  constructor(bytes: Buffer, isLittleEndian: boolean, what: string) {
    this.bytes = bytes
    this.#isLittleEndian = isLittleEndian
    this.#what = what
  }

  u16(at: number): number {
    this.#hold(at, 2)
    return this.#isLittleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at)
  }

  u32(at: number): number {
    this.#hold(at, 4)
    return this.#isLittleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at)
  }

  /** What is beyond 2⁵³ loses its last bits: every such number fails the next check against a length. */
  u64(at: number): number {
    this.#hold(at, 8)
    return Number(
      this.#isLittleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at),
    )
  }

  /** Latin-1 up to a zero, or to this many bytes. */
  name(at: number, maximumBytes: number): string {
    this.#hold(at, 0)
    const limit = Math.min(at + maximumBytes, this.bytes.length)
    const zero = this.bytes.subarray(at, limit).indexOf(0)
    return this.bytes.toString('latin1', at, zero === -1 ? limit : at + zero)
  }

  /** Whether so many bytes from an offset lie within. */
  holds(at: number, length: number): boolean {
    return at >= 0 && length >= 0 && at + length <= this.bytes.length
  }

  #hold(at: number, length: number): void {
    if (this.holds(at, length)) return
    throw new EntryFault(`${this.#what}: a field at byte ${at} lies behind the end`)
  }
}
