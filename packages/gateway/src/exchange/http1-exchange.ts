import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'
import { countHeader } from './header-lookup.ts'
import { discardThenEnd } from './lingering-close.ts'
import { ReceivedExchange } from './received-exchange.ts'
import { parseRequestTarget } from './request-target.ts'

/** The exchange over a request that node:http has read, and its answer. */
export function http1Exchange(
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
): Exchange {
  return new Http1Exchange(req, res, requestId)
}

// What node:http reads and forgets behind an answer, so that the connection lives on.
const maxForgottenBytes = 64 * 1024

const none: readonly string[] = []

export class Http1Exchange extends ReceivedExchange implements Exchange {
  readonly httpVersion: '1.0' | '1.1'
  readonly method: string
  readonly target: string
  readonly authority: string | undefined
  readonly protocol = undefined
  readonly rawHeaders: readonly string[]
  readonly socket: Duplex
  readonly requestId: string
  readonly contentLength: number | undefined
  readonly expectsContinue: boolean

  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  #isChunked = false
  #hasDrainListener = false
  #isHeadHeld = false
  #isContinued = false

  constructor(req: IncomingMessage, res: ServerResponse, requestId: string) {
    super()
    this.#req = req
    this.#res = res
    this.requestId = requestId
    this.socket = req.socket
    this.httpVersion = req.httpVersion === '1.0' ? '1.0' : '1.1'
    this.method = req.method ?? ''
    this.rawHeaders = req.rawHeaders
    const headers = req.headers
    const { target, authority } = parseRequestTarget(req.url ?? '', headers.host)
    this.target = target
    this.authority = authority
    // llhttp has refused both together, and a Content-Length that is not one number.
    const length = headers['content-length']
    if (headers['transfer-encoding'] !== undefined) this.contentLength = undefined
    else this.contentLength = length === undefined ? 0 : Number(length)
    // RFC 9110 §10.1.1: an expectation without content, or in HTTP/1.0, is none.
    this.expectsContinue =
      this.contentLength !== 0 &&
      this.httpVersion === '1.1' &&
      headers.expect?.toLowerCase() === '100-continue'
    // One listener for both ends of a life: node:http emits close after a finished answer too.
    res.on('close', () => this.#closed())
  }

  get isRequestComplete(): boolean {
    return this.#req.complete
  }

  refuse(status: number, headers: readonly string[], body: Buffer): void {
    if (this.#res.headersSent) return
    this.respondWhole(
      status,
      [...headers, 'Content-Length', String(body.length)],
      body.toString('latin1'),
    )
  }

  protected flow(): void {
    const req = this.#req
    // Without Content-Length and Transfer-Encoding node:http tells of no end: it was there at the beginning.
    if (req.readableEnded) {
      this.receiver?.requestEnd(none)
      return
    }
    req.on('data', (chunk: Buffer) => this.receiver?.requestData(chunk))
    req.on('end', () => this.receiver?.requestEnd(req.rawTrailers))
  }

  pauseBody(): void {
    this.#req.pause()
  }

  resumeBody(): void {
    this.#req.resume()
  }

  inform(status: number, headers: readonly string[]): void {
    if (this.httpVersion === '1.0' || this.#res.headersSent || this.#res.destroyed) return
    if (status === 100) {
      if (this.#isContinued) return
      this.#isContinued = true
      this.#res.writeContinue()
    } else this.#res.writeInformation(status, headers as string[])
  }

  respondWhole(status: number, headers: string[], content: string): void {
    const res = this.#res
    if (res.destroyed) return
    this.answeredAt = performance.now()
    this.#writeHead(status, headers)
    if (this.method !== 'HEAD') this.outcome.bytesSent += content.length
    if (this.#leavesContent()) discardThenEnd(this.#req, res, Buffer.from(content, 'latin1'))
    // latin1 lets node:http join head and content into one string, and one write.
    else if (content === '') res.end()
    else res.end(content, 'latin1')
  }

  respond(status: number, headers: string[], trailers: boolean): void {
    const res = this.#res
    if (res.destroyed) return
    this.#isChunked = trailers && this.httpVersion === '1.1' && !hasContentLength(headers)
    // Trailer promises what only chunked content can hold; node:http throws where it cannot.
    if (!this.#isChunked) removeTrailerField(headers)
    this.#writeHead(status, headers)
    // A head whose content follows at once leaves with it; one that must wait leaves now.
    this.#isHeadHeld = true
    process.nextTick(flushHeldHead, this)
  }

  flushHead(): void {
    if (!this.#isHeadHeld || this.#res.destroyed) return
    this.#isHeadHeld = false
    this.#res.flushHeaders()
  }

  #writeHead(status: number, headers: string[]): void {
    this.outcome.status = status
    // Content that is still on its way would be read as the next request: no next request then.
    if (this.#leavesContent()) headers.push('Connection', 'close')
    headers.push(...this.answerFields)
    this.#res.writeHead(status, headers)
  }

  // Whether the answer leaves behind content of the request that is too much to read and forget.
  // A client that was not told to continue sends none: node:http ends its connection by itself.
  #leavesContent(): boolean {
    const length = this.contentLength
    if (length === 0 || this.#req.complete) return false
    if (this.expectsContinue && !this.#isContinued) return false
    return length === undefined || length > maxForgottenBytes
  }

  write(chunk: Buffer): boolean {
    const res = this.#res
    if (res.destroyed) return true
    this.#isHeadHeld = false
    this.outcome.bytesSent += chunk.length
    const takesMore = res.write(chunk)
    if (!takesMore && !this.#hasDrainListener) {
      this.#hasDrainListener = true
      res.on('drain', () => this.listener?.responseDrained())
    }
    return takesMore
  }

  end(trailers: readonly string[]): void {
    const res = this.#res
    if (res.destroyed) return
    this.#isHeadHeld = false
    this.answeredAt = performance.now()
    if (this.#isChunked && trailers.length > 0) res.addTrailers(pairs(trailers))
    if (this.#leavesContent()) discardThenEnd(this.#req, res, undefined)
    else res.end()
  }

  switchProtocols(_headers: readonly string[]): void {
    throw new TypeError('this request did not ask for another protocol')
  }

  abort(): void {
    const socket = this.#req.socket
    // The end of the connection ends an answer to HTTP/1.0. Over TLS the missing close_notify
    // tells that it was cut off, over TCP only a reset does.
    if (!('encrypted' in socket) && typeof socket.resetAndDestroy === 'function') {
      socket.resetAndDestroy()
    }
    this.#res.destroy()
  }

  #closed(): void {
    this.ended(!this.#res.writableFinished)
  }
}

function flushHeldHead(exchange: Http1Exchange): void {
  exchange.flushHead()
}

function hasContentLength(headers: readonly string[]): boolean {
  return countHeader(headers, 'content-length') > 0
}

function removeTrailerField(headers: string[]): void {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (headers[index]?.toLowerCase() === 'trailer') headers.splice(index, 2)
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let index = 0; index < flat.length; index += 2) {
    list.push([flat[index] ?? '', flat[index + 1] ?? ''])
  }
  return list
}
