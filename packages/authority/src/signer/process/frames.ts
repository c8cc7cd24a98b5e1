/*
 * What goes over the socket: frames of a length (4 bytes, of all that follows), a tag (1), an id (4) and JSON.
 * The tag is the operation in a question, and the outcome in an answer. Big-endian.
 */

export type Frame = { readonly tag: number; readonly id: number; readonly body: Buffer }

const headerBytes = 9

export function encodeFrame(tag: number, id: number, value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  const frame = Buffer.allocUnsafe(headerBytes + body.length)
  frame.writeUInt32BE(5 + body.length, 0)
  frame.writeUInt8(tag, 4)
  frame.writeUInt32BE(id, 5)
  body.copy(frame, headerBytes)
  return frame
}

/** Puts frames together from the pieces that they come in. Nothing is kept of what is too large. */
export class FrameReader {
  readonly #maxBytesOf: (tag: number) => number | undefined
  readonly #pieces: Buffer[] = []
  #length = 0

  /** @param maxBytesOf the most that a body of this tag has; undefined where there is no such tag */
  constructor(maxBytesOf: (tag: number) => number | undefined) {
    this.#maxBytesOf = maxBytesOf
  }

  /** Whether a frame has begun that is not whole. */
  get isInside(): boolean {
    return this.#length > 0
  }

  /**
   * Takes a piece, and yields each frame that it makes whole.
   *
   * @throws RangeError where what comes is no frame: nothing after it can be understood
   */
  *take(piece: Buffer): Generator<Frame> {
    this.#pieces.push(piece)
    this.#length += piece.length
    for (;;) {
      if (this.#length < headerBytes) return
      const header = this.#head()
      const bodyBytes = header.readUInt32BE(0) - 5
      const tag = header.readUInt8(4)
      const most = this.#maxBytesOf(tag)
      if (most === undefined) throw new RangeError(`no frame has the tag ${tag}`)
      if (bodyBytes < 0 || bodyBytes > most) {
        throw new RangeError(`a frame of ${bodyBytes} bytes, where ${most} are the most`)
      }
      if (this.#length < headerBytes + bodyBytes) return
      const [first] = this.#pieces
      const isOne = this.#pieces.length === 1 && first !== undefined
      const whole = isOne ? first : Buffer.concat(this.#pieces)
      this.#pieces.length = 0
      const rest = whole.subarray(headerBytes + bodyBytes)
      this.#length = rest.length
      if (rest.length > 0) this.#pieces.push(rest)
      const body = whole.subarray(headerBytes, headerBytes + bodyBytes)
      yield { tag, id: header.readUInt32BE(5), body }
    }
  }

  /** The first bytes, in one piece: pieces can be of one byte. */
  #head(): Buffer {
    const [first] = this.#pieces
    if (first !== undefined && first.length >= headerBytes) return first
    const whole = Buffer.concat(this.#pieces)
    this.#pieces.splice(0, this.#pieces.length, whole)
    return whole
  }
}
