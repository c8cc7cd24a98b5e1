import { ChunkedContent } from './chunked-content.ts'
import {
  invalid,
  parseResponseHead,
  type ResponseContext,
  type ResponseHead,
} from './response-head.ts'
import { responseLimits } from './response-limits.ts'

/** What the parser reports, in the order of the message. Slices are views into what was fed. */
export interface ResponseEvents {
  onInformational(head: ResponseHead): void
  onHead(head: ResponseHead): void
  /** In place of onHead, onContent and onEnd: the answer lay in one piece. Content is latin1. */
  onWhole(head: ResponseHead, content: string): void
  onContent(chunk: Buffer): void
  onEnd(trailers: readonly string[]): void
  /** 101. What is left of the piece belongs to the new protocol. */
  onUpgrade(head: ResponseHead): void
}

type State = 'idle' | 'head' | 'length' | 'chunked' | 'close'

// An answer up to this size is looked at as one string: the fast path.
const maxWholeBytes = 16 * 1024

/**
 * One answer after another out of a stream of bytes. However the stream is cut into pieces, the same events
 * come (content in other pieces), and the same bytes are refused.
 */
export class ResponseParser {
  readonly #events: ResponseEvents
  #context: ResponseContext = { isHead: false, upgrades: false }
  #state: State = 'idle'
  // A head that did not come in one piece. Grows by doubling, never beyond the bound.
  #headBytes: Buffer | undefined
  #headLength = 0
  #informational = 0
  #remaining = 0
  #chunked: ChunkedContent | undefined

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  /** Whether no answer is awaited: any byte now is one too many. */
  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Whether the connection's end would be the answer's end. */
  get endsWithConnection(): boolean {
    return this.#state === 'close'
  }

  /** Awaits the answer to a request. */
  expect(context: ResponseContext): void {
    this.#context = context
    this.#state = 'head'
    this.#informational = 0
  }

  /**
   * @returns how many bytes were used. Fewer than there are: bytes follow a complete answer.
   * @throws Problem upstream_response_invalid; the parser must not be fed again.
   */
  execute(bytes: Buffer): number {
    let position = 0
    while (position < bytes.length) {
      switch (this.#state) {
        case 'idle':
          return position
        case 'head':
          position = this.#head(bytes, position)
          break
        case 'length':
          position = this.#length(bytes, position)
          break
        case 'chunked':
          position = this.#chunk(bytes, position)
          break
        case 'close':
          this.#events.onContent(bytes.subarray(position))
          position = bytes.length
          break
      }
    }
    return position
  }

  /** The connection ended in good order. @returns whether that completed an answer. */
  finish(): boolean {
    if (this.#state !== 'close') return false
    this.#end([])
    return true
  }

  #head(bytes: Buffer, start: number): number {
    if (this.#headLength > 0) return this.#headInPieces(bytes, start)
    if (bytes.length - start <= maxWholeBytes) {
      const text = bytes.toString('latin1', start, bytes.length)
      const end = text.indexOf('\r\n\r\n')
      if (end !== -1) return start + this.#headRead(text, end + 4)
    } else {
      const end = bytes.indexOf('\r\n\r\n', start)
      if (end !== -1 && end - start <= responseLimits.headBytes - 4) {
        return start + this.#headRead(bytes.toString('latin1', start, end + 4), end + 4 - start)
      }
    }
    return this.#headInPieces(bytes, start)
  }

  // `text` begins with the head and may go on with content, of which the whole is told at once.
  #headRead(text: string, headEnd: number): number {
    const head = parseResponseHead(text.slice(0, headEnd), this.#context)
    if (head.status >= 200) {
      if (head.framing === 'none' || (head.framing === 'length' && head.contentLength === 0)) {
        this.#state = 'idle'
        this.#events.onWhole(head, '')
        return headEnd
      }
      const end = headEnd + head.contentLength
      if (head.framing === 'length' && end <= text.length) {
        this.#state = 'idle'
        this.#events.onWhole(head, text.slice(headEnd, end))
        return end
      }
    }
    this.#begin(head)
    return headEnd
  }

  #begin(head: ResponseHead): void {
    if (head.status === 101) {
      this.#state = 'idle'
      this.#events.onUpgrade(head)
      return
    }
    if (head.status < 200) {
      if (++this.#informational > responseLimits.informational) {
        throw invalid('interim answers', `at most ${responseLimits.informational}`, 'more')
      }
      this.#events.onInformational(head)
      return
    }
    switch (head.framing) {
      case 'none':
        this.#state = 'idle'
        this.#events.onWhole(head, '')
        return
      case 'length':
        if (head.contentLength === 0) {
          this.#state = 'idle'
          this.#events.onWhole(head, '')
          return
        }
        this.#state = 'length'
        this.#remaining = head.contentLength
        break
      case 'chunked':
        this.#state = 'chunked'
        this.#chunked = new ChunkedContent(this.#events)
        break
      case 'close':
        this.#state = 'close'
        break
    }
    this.#events.onHead(head)
  }

  // Byte by byte, so that what can never become a head is refused when it comes, not when the
  // time for a head is over.
  #headInPieces(bytes: Buffer, start: number): number {
    for (let position = start; position < bytes.length; position++) {
      const byte = bytes[position] ?? 0
      const length = this.#headLength
      const expected = length < headStart.length ? headStart[length] : undefined
      const previous = this.#headBytes?.[length - 1]
      if (
        (expected !== undefined && byte !== expected) ||
        byte === 0 ||
        (byte === lf) !== (previous === cr)
      ) {
        throw this.#invalidHead(bytes, position)
      }
      this.#keep(byte)
      if (byte !== lf || !this.#isAtEmptyLine()) continue
      const text = this.#headBytes?.toString('latin1', 0, this.#headLength) ?? ''
      this.#headBytes = undefined
      this.#headLength = 0
      this.#begin(parseResponseHead(text, this.#context))
      return position + 1
    }
    return bytes.length
  }

  #keep(byte: number): void {
    const kept = this.#headBytes
    if (kept === undefined || this.#headLength === kept.length) {
      if (this.#headLength >= responseLimits.headBytes) {
        throw invalid('the head', `at most ${responseLimits.headBytes} bytes`, 'more')
      }
      const grown = Buffer.allocUnsafeSlow(kept === undefined ? 1_024 : kept.length * 2)
      kept?.copy(grown)
      this.#headBytes = grown
    }
    if (this.#headBytes !== undefined) this.#headBytes[this.#headLength++] = byte
  }

  #isAtEmptyLine(): boolean {
    const kept = this.#headBytes
    const length = this.#headLength
    return kept !== undefined && length >= 4 && kept[length - 3] === lf
  }

  #invalidHead(bytes: Buffer, position: number): Error {
    const begin = this.#headBytes?.toString('latin1', 0, this.#headLength) ?? ''
    const found = begin + bytes.toString('latin1', position, position + 100)
    return invalid('the head', 'a status line and fields, each ended by CRLF', found)
  }

  #length(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#remaining)
    this.#remaining -= end - start
    const isLast = this.#remaining === 0
    this.#events.onContent(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    if (isLast) this.#end([])
    return end
  }

  #chunk(bytes: Buffer, start: number): number {
    const chunked = this.#chunked
    if (chunked === undefined) return bytes.length
    const end = chunked.execute(bytes, start)
    if (chunked.trailers !== undefined) this.#end(chunked.trailers)
    return end
  }

  #end(trailers: readonly string[]): void {
    this.#state = 'idle'
    this.#chunked = undefined
    this.#events.onEnd(trailers)
  }
}

const cr = 0x0d
const lf = 0x0a
const headStart = Buffer.from('HTTP/1.')
