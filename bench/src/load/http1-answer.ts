const headEnd = Buffer.from('\r\n\r\n')

/**
 * Finds the end of one answer after another on an HTTP/1.1 connection without pipelining.
 *
 * It knows what the gateways here send, and nothing more: status 200 and a Content-Length.
 */
export class Http1Answers {
  /** Bytes of the answer still to come; undefined until its head is whole. */
  #missing: number | undefined
  #head = Buffer.alloc(0)

  /**
   * @returns whether the answer ended with this chunk
   * @throws Error it is not 200, has no Content-Length, or more followed than it announced
   */
  push(chunk: Buffer): boolean {
    let length = chunk.length
    if (this.#missing === undefined) {
      const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      const end = bytes.indexOf(headEnd)
      if (end < 0) {
        // A copy: the chunk may lie in a buffer that is used again.
        this.#head = Buffer.from(bytes)
        return false
      }
      this.#missing = contentLength(bytes.toString('latin1', 0, end))
      this.#head = Buffer.alloc(0)
      length = bytes.length - end - headEnd.length
    }
    this.#missing -= length
    if (this.#missing > 0) return false
    if (this.#missing < 0) throw new Error('more bytes than the answer announced')
    this.#missing = undefined
    return true
  }
}

function contentLength(head: string): number {
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`expected 200, found ${head.slice(0, 400)}`)
  const match = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (match === null) throw new Error(`expected a Content-Length in ${head.slice(0, 400)}`)
  return Number(match[1])
}
