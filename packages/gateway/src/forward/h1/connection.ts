import type { Socket } from 'node:net'
import type { Carried, Carrier } from '../carrier.ts'
import { connectSocket } from '../connect-socket.ts'
import type { Timed } from '../deadlines.ts'
import type { Endpoint } from '../endpoint.ts'
import { connectFailure, type UpstreamFailure } from '../upstream-failure.ts'
import { invalidFailure, lostFailure } from './connection-failure.ts'
import { RequestWriter } from './request-writer.ts'
import type { ResponseHead } from './response-head.ts'
import { type ResponseEvents, ResponseParser } from './response-parser.ts'

/** What a connection tells the pool that it belongs to. */
export interface ConnectionOwner {
  connected(connection: Http1Connection): void
  connectFailed(connection: Http1Connection, failure: UpstreamFailure): void
  /** The answer is complete, and the connection can carry another request. */
  released(connection: Http1Connection): void
  /** It carries nothing more: closed, broken, or handed over to another protocol. */
  gone(connection: Http1Connection): void
  connectExpired(connection: Http1Connection): void
}

const readBytes = 64 * 1024
// Above it the piece is handed on and a new buffer made; below, a copy of the content is cheaper.
const copiedBytes = 8 * 1024

/** One HTTP/1.1 connection to a target: connect → carry, one request after another → close. */
export class Http1Connection implements Carrier, ResponseEvents, Timed {
  deadline = Number.POSITIVE_INFINITY
  slot = -1
  state: 'connecting' | 'idle' | 'busy' | 'tunnel' | 'gone' = 'connecting'
  /** Seconds that the service said it keeps an idle connection. */
  keepAliveSeconds: number | undefined

  readonly #endpoint: Endpoint
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #writer: RequestWriter
  readonly #parser = new ResponseParser(this)
  #request: Carried | undefined
  #requests = 0
  #keepAlive = false
  #hasAnswerBegun = false
  #isHeadRead = false
  #isAnswered = false
  #buffer = Buffer.allocUnsafeSlow(readBytes)
  #isBufferGiven = false
  #isPaused = false

  constructor(endpoint: Endpoint, owner: ConnectionOwner) {
    this.#endpoint = endpoint
    this.#owner = owner
    const socket = this.#open()
    this.#socket = socket
    this.#writer = new RequestWriter(socket, (failure) => this.#fail(failure))
    socket.setNoDelay(true)
    socket.on(endpoint.tls === undefined ? 'connect' : 'secureConnect', () => this.#connected())
    socket.on('drain', () => this.#request?.requestDrained())
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.#broken(error))
    socket.on('close', () => this.#broken(undefined))
  }

  #open(): Socket {
    // Reading into a buffer of our own spares a 64 KiB allocation for each piece read.
    return connectSocket(this.#endpoint, {
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (length, buffer) => this.#read(length, buffer as Buffer),
      },
    })
  }

  get isReused(): boolean {
    return this.#requests > 1
  }

  get hasCarried(): boolean {
    return this.#requests > 0
  }

  expired(): void {
    if (this.state === 'connecting') this.#owner.connectExpired(this)
    else this.close()
  }

  /** Sends the head of a request; an idle connection only. */
  carry(request: Carried, head: string): void {
    const { exchange } = request
    this.state = 'busy'
    this.deadline = Number.POSITIVE_INFINITY
    this.#requests++
    this.#request = request
    this.#hasAnswerBegun = false
    this.#isHeadRead = false
    this.#isAnswered = false
    const length = exchange.contentLength
    this.#parser.expect({
      isHead: exchange.method === 'HEAD',
      upgrades: request.upgrade !== undefined,
    })
    if (length === 0 || request.upgrade !== undefined) this.#writer.sendWhole(head)
    else this.#writer.begin(head, length)
    request.carried(this)
  }

  sendContent(chunk: Buffer): boolean {
    if (this.state === 'tunnel') return this.#socket.write(chunk)
    return this.state === 'busy' ? this.#writer.sendContent(chunk) : true
  }

  endContent(trailers: readonly string[]): void {
    if (this.state === 'tunnel') this.#socket.end()
    else if (this.state === 'busy') this.#writer.endContent(trailers)
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  abandon(): void {
    this.#request = undefined
    this.close()
  }

  close(): void {
    if (this.state === 'gone') return
    this.state = 'gone'
    this.#writer.drop()
    this.#socket.destroy()
    this.#owner.gone(this)
  }

  // The buffer for the next read: the same again, unless a piece of it was handed on.
  #nextBuffer(): Buffer {
    if (this.#isBufferGiven) {
      this.#isBufferGiven = false
      this.#buffer = Buffer.allocUnsafeSlow(readBytes)
    }
    return this.#buffer
  }

  #read(length: number, buffer: Buffer): boolean {
    this.#isBufferGiven = length > copiedBytes
    const bytes = buffer.subarray(0, length)
    if (this.state === 'busy') this.#readAnswer(bytes)
    else if (this.state === 'tunnel') this.onContent(bytes)
    // RFC 9112 §9.2: what comes when nothing was asked belongs to no request; it may be the second
    // half of a response that was split. Nothing is ever sent over this connection again.
    else this.close()
    return !this.#isPaused
  }

  #readAnswer(bytes: Buffer): void {
    this.#hasAnswerBegun = true
    let used: number
    try {
      used = this.#parser.execute(bytes)
    } catch (error) {
      this.#fail(invalidFailure(error, this.#endpoint.url))
      return
    }
    if (this.#isAnswered) this.#settle(used < bytes.length)
    else if (used < bytes.length && this.state === 'tunnel') this.onContent(bytes.subarray(used))
  }

  // The answer is complete: the connection is good for another request, or for nothing.
  #settle(isFollowed: boolean): void {
    this.#request = undefined
    if (this.state !== 'busy') return
    if (isFollowed || !this.#keepAlive || !this.#writer.isSent) {
      this.close()
      return
    }
    if (this.#isPaused) this.resume()
    this.state = 'idle'
    this.#owner.released(this)
  }

  onInformational(head: ResponseHead): void {
    this.#request?.informational(head.status, head.fields)
  }

  onWhole(head: ResponseHead, content: string): void {
    this.#headRead(head)
    this.#isAnswered = true
    this.#request?.whole(head.status, head.fields, content)
  }

  onHead(head: ResponseHead): void {
    this.#headRead(head)
    this.#request?.head(head.status, head.fields, head.framing === 'chunked')
  }

  #headRead(head: ResponseHead): void {
    this.#keepAlive = head.keepAlive
    this.keepAliveSeconds = head.keepAliveSeconds
    this.#isHeadRead = true
  }

  onContent(chunk: Buffer): void {
    this.#request?.content(this.#isBufferGiven ? chunk : Buffer.from(chunk))
  }

  onEnd(trailers: readonly string[]): void {
    this.#isAnswered = true
    this.#request?.end(trailers)
  }

  onUpgrade(head: ResponseHead): void {
    this.state = 'tunnel'
    this.#request?.switched(head.fields)
  }

  #connected(): void {
    if (this.state !== 'connecting') return
    this.state = 'idle'
    this.#owner.connected(this)
  }

  // The service sent its last byte.
  #ended(): void {
    if (this.state === 'tunnel') {
      const request = this.#request
      this.#request = undefined
      this.close()
      request?.end([])
    } else if (this.state === 'busy' && this.#parser.finish()) this.#settle(true)
    else this.#broken(undefined)
  }

  #broken(error: NodeJS.ErrnoException | undefined): void {
    if (this.state === 'connecting') {
      this.state = 'gone'
      this.#socket.destroy()
      const reason = error ?? new Error('The connection was closed during its handshake.')
      this.#owner.connectFailed(this, connectFailure(reason, this.#endpoint.url))
      return
    }
    if (this.#request === undefined) {
      this.close()
      return
    }
    this.#fail(
      lostFailure(error, this.#endpoint.url, {
        isReused: this.isReused,
        hasAnswerBegun: this.#hasAnswerBegun,
        isHeadRead: this.#isHeadRead,
      }),
    )
  }

  #fail(failure: UpstreamFailure): void {
    const request = this.#request
    this.#request = undefined
    this.close()
    request?.failed(failure)
  }
}
