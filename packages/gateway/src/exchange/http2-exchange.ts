import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'
import { http2Headers, http2Trailers } from './http2-headers.ts'
import { ReceivedExchange } from './received-exchange.ts'

/**
 * The exchange over one HTTP/2 stream, without the compatibility layer.
 *
 * @param headers the third listener argument of `stream`, the object; read for pseudo-headers alone.
 * @param rawHeaders the flat list of the same event.
 */
export function http2Exchange(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  requestId: string,
): Exchange {
  return new Http2Exchange(stream, headers, rawHeaders, requestId)
}

class Http2Exchange extends ReceivedExchange implements Exchange {
  readonly httpVersion = '2'
  readonly method: string
  readonly target: string
  readonly authority: string | undefined
  readonly protocol: string | undefined
  readonly rawHeaders: readonly string[]
  readonly requestId: string
  readonly contentLength: number | undefined
  readonly expectsContinue: boolean

  readonly #stream: ServerHttp2Stream
  #trailers: readonly string[] = []
  #requestTrailers: readonly string[] = []
  #isRequestOver: boolean
  #isContinued = false

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    requestId: string,
  ) {
    super()
    this.#stream = stream
    this.requestId = requestId
    this.method = headers[':method'] ?? ''
    this.target = headers[':path'] ?? ''
    this.authority = headers[':authority'] ?? headers.host
    const protocol = headers[':protocol']
    this.protocol = typeof protocol === 'string' ? protocol : undefined
    this.rawHeaders = regularHeaders(rawHeaders)
    this.#isRequestOver = stream.endAfterHeaders
    // nghttp2 holds the stream to its content-length (RFC 9113 §8.1.1).
    const length = headers['content-length']
    if (this.#isRequestOver) this.contentLength = 0
    else this.contentLength = length === undefined ? undefined : Number(length)
    this.expectsContinue = !this.#isRequestOver && headers.expect?.toLowerCase() === '100-continue'
    // A reset by the client is an error to node; `close` follows, and tells all that is needed.
    stream.on('error', ignore)
    stream.on('close', () => this.#closed())
    // They come when they come, whether or not somebody reads the content in front of them.
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      this.#requestTrailers = raw ?? []
    })
  }

  get isRequestComplete(): boolean {
    return this.#isRequestOver
  }

  get socket(): Duplex {
    return this.#stream.session?.socket ?? this.#stream
  }

  refuse(status: number, headers: readonly string[], body: Buffer): void {
    if (this.#stream.headersSent) return
    const fields = [...headers, 'content-length', String(body.length)]
    this.respondWhole(status, fields, body.toString('latin1'))
  }

  protected flow(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Buffer) => this.receiver?.requestData(chunk))
    stream.on('end', () => {
      this.#isRequestOver = true
      this.receiver?.requestEnd(this.#requestTrailers)
    })
  }

  pauseBody(): void {
    this.#stream.pause()
  }

  resumeBody(): void {
    this.#stream.resume()
  }

  inform(status: number, headers: readonly string[]): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed || stream.headersSent) return
    if (status === 100) {
      if (this.#isContinued) return
      this.#isContinued = true
    }
    stream.additionalHeaders({ ...http2Trailers(headers), ':status': status })
  }

  respondWhole(status: number, headers: string[], content: string): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    const hasContent = content !== '' && this.method !== 'HEAD'
    this.#respond(status, headers, !hasContent, false)
    if (hasContent) {
      this.outcome.bytesSent += content.length
      stream.end(content, 'latin1')
    }
    this.#answered()
  }

  respond(status: number, headers: string[], trailers: boolean): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    this.#respond(status, headers, false, trailers)
    if (!trailers) return
    stream.on('wantTrailers', () => {
      if (!stream.closed) stream.sendTrailers(http2Trailers(this.#trailers))
    })
    stream.on('drain', () => this.listener?.responseDrained())
  }

  #respond(status: number, headers: string[], endStream: boolean, trailers: boolean): void {
    this.outcome.status = status
    headers.push(...this.answerFields)
    this.#stream.respond(http2Headers(status, headers), { endStream, waitForTrailers: trailers })
  }

  write(chunk: Buffer): boolean {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return true
    this.outcome.bytesSent += chunk.length
    return stream.write(chunk)
  }

  end(trailers: readonly string[]): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    this.#trailers = trailers
    stream.end()
    this.#answered()
  }

  #answered(): void {
    this.answeredAt = performance.now()
    if (this.#isRequestOver) return
    const stream = this.#stream
    if (stream.writableFinished) this.#declineRest()
    else stream.once('finish', () => this.#declineRest())
  }

  // RFC 9113 §8.1: after a complete answer the rest of the request may be declined without an error.
  #declineRest(): void {
    const stream = this.#stream
    if (stream.state.remoteClose === 1) stream.resume()
    else if (!this.#isRequestOver) stream.close(constants.NGHTTP2_NO_ERROR)
  }

  switchProtocols(headers: readonly string[]): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    this.#respond(200, [...headers], false, false)
    stream.on('drain', () => this.listener?.responseDrained())
  }

  abort(): void {
    // Not stream.close(code): while the answer is open that sends END_STREAM first, and what was cut
    // off would look complete. An error makes node send RST_STREAM with INTERNAL_ERROR.
    this.#stream.destroy(new Error('the answer was cut off'))
  }

  #closed(): void {
    const stream = this.#stream
    const isComplete = this.answeredAt > 0 && stream.writableFinished
    this.ended(!isComplete || stream.rstCode !== constants.NGHTTP2_NO_ERROR)
  }
}

/**
 * The list without pseudo-headers, and with the crumbs of Cookie in one field again: several of
 * them mean one list in HTTP/2 alone (RFC 9113 §8.2.3).
 */
function regularHeaders(rawHeaders: readonly string[]): string[] {
  const headers: string[] = []
  let cookie = -1
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const value = rawHeaders[index + 1] ?? ''
    if (name.charCodeAt(0) === colon) continue
    if (name === 'cookie' && cookie !== -1) {
      headers[cookie] = `${headers[cookie]}; ${value}`
      continue
    }
    if (name === 'cookie') cookie = headers.length + 1
    headers.push(name, value)
  }
  return headers
}

const colon = 0x3a

function ignore(): void {}
