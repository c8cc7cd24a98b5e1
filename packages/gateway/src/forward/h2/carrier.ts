import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { http2Trailers } from '../../exchange/http2-headers.ts'
import type { Carried, Carrier } from '../carrier.ts'
import { type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'
import { http2ResponseFields, http2ResponseTrailers } from './response-fields.ts'

/** What a stream needs of the session that it is on. */
export type StreamSession = {
  readonly url: string
  /** Whether its connection is gone. */
  readonly isLost: boolean
  hasIgnored(streamId: number | undefined): boolean
  streamClosed(): void
}

/** One request on one stream of HTTP/2. */
export class Http2Carrier implements Carrier {
  readonly isReused: boolean
  readonly #session: StreamSession
  readonly #stream: ClientHttp2Stream
  #request: Carried | undefined
  #requestTrailers: readonly string[] = []
  #trailers: readonly string[] = []
  #hasAnswerBegun = false
  #isEndSeen = false

  constructor(
    session: StreamSession,
    stream: ClientHttp2Stream,
    request: Carried,
    isReused: boolean,
  ) {
    this.#session = session
    this.#stream = stream
    this.#request = request
    this.isReused = isReused
    this.#watchEnd()
    stream.on('headers', (headers, _flags, raw?: string[]) =>
      this.#guarded(() => this.#informed(headers, raw ?? [])),
    )
    stream.on('response', (headers, flags, raw?: string[]) =>
      this.#guarded(() => this.#responded(headers, flags, raw ?? [])),
    )
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      this.#trailers = http2ResponseTrailers(raw ?? [])
    })
    stream.on('wantTrailers', () => {
      if (!stream.closed) stream.sendTrailers(http2Trailers(this.#requestTrailers))
    })
    stream.on('drain', () => this.#request?.requestDrained())
    // Told again, and completely, by `close`.
    stream.on('error', ignore)
    stream.on('close', () => this.#closed())
  }

  // node pushes the end of a stream both for END_STREAM and for a reset without an error. Only the first is a
  // complete answer (RFC 9113 §8.1); it comes while the stream is not closed yet.
  #watchEnd(): void {
    const stream = this.#stream
    const push = stream.push
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null && !stream.closed) this.#isEndSeen = true
      return push.call(stream, chunk, encoding)
    }
  }

  // What nghttp2 let pass may still be nothing that node can say to the client.
  #guarded(tell: () => void): void {
    const request = this.#request
    try {
      tell()
    } catch (error) {
      this.abandon()
      request?.failed(this.#invalid(`The answer could not be passed on: ${String(error)}`))
    }
  }

  #informed(headers: IncomingHttpHeaders, raw: readonly string[]): void {
    const status = Number(headers[':status'])
    if (status === 101) {
      this.#fail(this.#invalid('HTTP/2 has no 101.'))
      return
    }
    this.#request?.informational(status, http2ResponseFields(raw))
  }

  #responded(headers: IncomingHttpHeaders, flags: number, raw: readonly string[]): void {
    const request = this.#request
    if (request === undefined) return
    this.#hasAnswerBegun = true
    const status = Number(headers[':status'])
    if (!(status >= 200 && status <= 599)) {
      this.#fail(this.#invalid(`The status is ${String(headers[':status'])}.`))
      return
    }
    const fields = http2ResponseFields(raw)
    const isOver = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const hasNoContent = request.exchange.method === 'HEAD' || status === 204 || status === 304
    if (isOver || hasNoContent) {
      this.#request = undefined
      this.#stream.resume()
      request.whole(status, fields, '')
      if (!this.#stream.writableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR)
      return
    }
    request.head(status, fields, true)
    this.#stream.on('data', (chunk: Buffer) => this.#request?.content(chunk))
    this.#stream.on('end', () => this.#ended())
  }

  #ended(): void {
    if (!this.#isEndSeen) return
    const request = this.#request
    this.#request = undefined
    request?.end(this.#trailers)
    if (!this.#stream.writableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  #closed(): void {
    this.#session.streamClosed()
    if (this.#request !== undefined) this.#fail(this.#lostFailure())
  }

  #lostFailure(): UpstreamFailure {
    const { url } = this.#session
    const stream = this.#stream
    const { rstCode } = stream
    const found = `RST_STREAM or end of the connection, code ${rstCode}`
    if (this.#hasAnswerBegun) {
      const detail = `${url} broke off in the middle of its answer.`
      return upstreamFailure('incomplete', 'possibly-seen', detail, { found })
    }
    const detail = `${url} gave up the stream before it answered.`
    // RFC 9113 §8.7: the service says that it did no work on the request.
    const isIgnored =
      rstCode === constants.NGHTTP2_REFUSED_STREAM || this.#session.hasIgnored(stream.id)
    if (isIgnored) return upstreamFailure('lost', 'never-sent', detail, { found })
    const reach = this.isReused && this.#session.isLost ? 'unseen' : 'possibly-seen'
    return upstreamFailure('lost', reach, detail, { found })
  }

  #invalid(detail: string): UpstreamFailure {
    return upstreamFailure('invalid', 'possibly-seen', `${this.#session.url}: ${detail}`)
  }

  #fail(failure: UpstreamFailure): void {
    const request = this.#request
    this.abandon()
    request?.failed(failure)
  }

  sendContent(chunk: Buffer): boolean {
    const stream = this.#stream
    if (stream.destroyed || stream.closed || stream.writableEnded) return true
    return stream.write(chunk)
  }

  endContent(trailers: readonly string[]): void {
    const stream = this.#stream
    this.#requestTrailers = trailers
    if (!stream.destroyed && !stream.writableEnded) stream.end()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  abandon(): void {
    this.#request = undefined
    this.#stream.resume()
    // Where content of the request is still to come, the stream waits for trailers, and node sends
    // RST_STREAM without the END_STREAM that would make half a request a whole one.
    this.#stream.close(constants.NGHTTP2_CANCEL)
  }
}

function ignore(): void {}
