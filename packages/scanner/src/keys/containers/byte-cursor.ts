import { KeyFault } from '../key-fault.ts'

/** Of aliases and of names of formats. */
const maxTextBytes = 1_024

/** Reads what Java's DataOutputStream writes: big-endian numbers, and blocks behind their length. */
export class ByteCursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }

  /** A view of so many bytes. Throws KeyFault where there are fewer. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new KeyFault('cut short')
    const taken = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return taken
  }

  uint8(): number {
    return this.take(1).readUInt8(0)
  }

  uint32(): number {
    return this.take(4).readUInt32BE(0)
  }

  /** Bytes behind their length of four bytes. */
  block(): Buffer {
    return this.take(this.uint32())
  }

  /** Text behind its length of two bytes. Java's own UTF-8 differs from UTF-8 for what no alias has. */
  text(): string {
    const length = this.take(2).readUInt16BE(0)
    if (length > maxTextBytes) throw new KeyFault('a name that is too long')
    return this.take(length).toString('utf8')
  }
}
