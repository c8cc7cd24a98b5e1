import type { Socket } from 'node:net'
import { type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'

/** The asking half of an HTTP/1.1 connection: head and content of one request after another (RFC 9112 §6). */
export class RequestWriter {
  /** Nothing of the request is missing: only then may the connection carry another. */
  isSent = false

  readonly #socket: Socket
  readonly #failed: (failure: UpstreamFailure) => void
  #isChunked = false
  #remaining = 0
  #heldHead: string | undefined

  /** @param failed is told of content that is not as long as was announced; the connection is good for nothing */
  constructor(socket: Socket, failed: (failure: UpstreamFailure) => void) {
    this.#socket = socket
    this.#failed = failed
  }

  /** A request that is its head alone. */
  sendWhole(head: string): void {
    this.isSent = true
    this.#socket.write(head, 'latin1')
  }

  /** A head that content follows; of undefined length, it is chunked. */
  begin(head: string, length: number | undefined): void {
    this.isSent = false
    this.#isChunked = length === undefined
    this.#remaining = length ?? 0
    // Content that came with the head goes with the head; what is slower does not hold it up.
    this.#heldHead = head
    setImmediate(flushHead, this)
  }

  flushHead(): void {
    const head = this.#heldHead
    if (head === undefined) return
    this.#heldHead = undefined
    this.#socket.write(head, 'latin1')
  }

  /** Says whether the service takes more at the moment. */
  sendContent(chunk: Buffer): boolean {
    const socket = this.#socket
    socket.cork()
    this.flushHead()
    let takesMore: boolean
    if (this.#isChunked) {
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      takesMore = socket.write('\r\n', 'latin1')
    } else {
      this.#remaining -= chunk.length
      // Never more than was announced: the rest would be read as a request of its own.
      if (this.#remaining < 0) {
        socket.uncork()
        this.#failed(
          upstreamFailure('lost', 'possibly-seen', 'The request is longer than it said.'),
        )
        return true
      }
      takesMore = socket.write(chunk)
    }
    socket.uncork()
    return takesMore
  }

  endContent(trailers: readonly string[]): void {
    if (this.isSent) return
    this.isSent = true
    if (this.#isChunked) {
      let end = '0\r\n'
      for (let index = 0; index < trailers.length; index += 2) {
        end += `${trailers[index]}: ${trailers[index + 1]}\r\n`
      }
      const socket = this.#socket
      socket.cork()
      this.flushHead()
      socket.write(`${end}\r\n`, 'latin1')
      socket.uncork()
    } else if (this.#remaining !== 0) {
      this.#failed(upstreamFailure('lost', 'possibly-seen', 'The request is shorter than it said.'))
    }
  }

  /** The connection is closed: what was held is for nobody. */
  drop(): void {
    this.#heldHead = undefined
  }
}

function flushHead(writer: RequestWriter): void {
  writer.flushHead()
}
