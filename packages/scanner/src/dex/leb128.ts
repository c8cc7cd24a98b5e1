/** Reads unsigned LEB128 of at most five bytes, one after another. Beyond the end everything is zero. */
export class Leb128Cursor {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  next(): number {
    const { bytes } = this
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.at < bytes.length ? (bytes[this.at] as number) : 0
      this.at++
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return value >>> 0
  }
}
