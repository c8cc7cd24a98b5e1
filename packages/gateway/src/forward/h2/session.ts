import http2, { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Carried } from '../carrier.ts'
import type { Timed } from '../deadlines.ts'
import { connectSocket } from '../connect-socket.ts'
import type { Endpoint } from '../endpoint.ts'
import { connectFailure, type UpstreamFailure, upstreamFailure } from '../upstream-failure.ts'
import { Http2Carrier } from './carrier.ts'

/** What a session tells the pool that it belongs to. */
export interface SessionOwner {
  ready(session: Http2Session): void
  /** A stream ended: there is room for another. */
  released(session: Http2Session): void
  connectFailed(session: Http2Session, failure: UpstreamFailure): void
  connectExpired(session: Http2Session): void
  /** It takes no further request. */
  gone(session: Http2Session): void
}

// Until the service says otherwise; its SETTINGS are awaited before a request is sent.
const settings = {
  enablePush: false,
  initialWindowSize: 256 * 1024,
  maxHeaderListSize: 64 * 1024,
}

/** One HTTP/2 connection to a target, with many requests on it. */
export class Http2Session implements Timed {
  deadline = Number.POSITIVE_INFINITY
  slot = -1
  streams = 0
  state: 'connecting' | 'ready' | 'gone' = 'connecting'

  readonly #endpoint: Endpoint
  readonly #owner: SessionOwner
  readonly #socket: Socket
  #session: ClientHttp2Session | undefined
  #carried = 0
  #goawayLastStream = Number.POSITIVE_INFINITY

  constructor(endpoint: Endpoint, owner: SessionOwner) {
    this.#endpoint = endpoint
    this.#owner = owner
    const socket = connectSocket(endpoint, {})
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on(endpoint.tls === undefined ? 'connect' : 'secureConnect', () => this.#connected())
    socket.on('error', (error) => this.#lost(error))
    socket.on('close', () => this.#lost(undefined))
  }

  get isIdle(): boolean {
    return this.state === 'ready' && this.streams === 0
  }

  get hasRoom(): boolean {
    const most = this.#session?.remoteSettings?.maxConcurrentStreams ?? 0
    return this.state === 'ready' && this.streams < most
  }

  #connected(): void {
    const { tls, url } = this.#endpoint
    const socket = this.#socket
    if (tls !== undefined && (socket as TLSSocket).alpnProtocol !== 'h2') {
      const failure = upstreamFailure('invalid', 'never-sent', `${url} does not speak HTTP/2.`, {
        expected: 'h2 by ALPN',
        found: String((socket as TLSSocket).alpnProtocol || 'none'),
      })
      this.#connectFailed(failure)
      return
    }
    const session = http2.connect(url, {
      createConnection: () => socket,
      settings,
      strictSingleValueFields: false,
      maxHeaderListPairs: 256,
    } as http2.ClientSessionOptions)
    this.#session = session
    session.on('error', (error) => this.#lost(error))
    session.on('close', () => this.#lost(undefined))
    session.on('goaway', (code, lastStream) => this.#goaway(code, lastStream))
    session.once('remoteSettings', () => {
      if (this.state !== 'connecting') return
      this.state = 'ready'
      this.#owner.ready(this)
    })
  }

  expired(): void {
    if (this.state === 'connecting') this.#owner.connectExpired(this)
    else this.close()
  }

  carry(request: Carried, head: string[]): void {
    const session = this.#session
    if (session === undefined) throw new TypeError('the session is not ready')
    const isEmpty = request.exchange.contentLength === 0
    let stream: ClientHttp2Stream
    try {
      stream = session.request(head, { endStream: isEmpty, waitForTrailers: !isEmpty })
    } catch (error) {
      // A request that node cannot say in HTTP/2 costs itself alone.
      const detail = `The request could not be sent to ${this.url}.`
      request.failed(upstreamFailure('invalid', 'possibly-seen', detail, { found: String(error) }))
      return
    }
    this.streams++
    this.deadline = Number.POSITIVE_INFINITY
    const isReused = this.#carried++ > 0
    request.carried(new Http2Carrier(this, stream, request, isReused))
  }

  /** Whether the service said that it did not look at this stream. */
  hasIgnored(streamId: number | undefined): boolean {
    return streamId !== undefined && streamId > this.#goawayLastStream
  }

  get isLost(): boolean {
    return this.#socket.destroyed
  }

  get url(): string {
    return this.#endpoint.url
  }

  streamClosed(): void {
    this.streams--
    if (this.state === 'ready') this.#owner.released(this)
    else if (this.streams === 0) this.#socket.destroySoon()
  }

  // Streams up to the last one are answered still; node cuts the others off.
  #goaway(_code: number, lastStream: number): void {
    this.#goawayLastStream = lastStream
    this.#leave()
  }

  #lost(error: NodeJS.ErrnoException | undefined): void {
    if (this.state === 'connecting') {
      const reason = error ?? new Error('The connection was closed during its handshake.')
      const isHttp2Error = error?.code?.startsWith('ERR_HTTP2') === true
      this.#connectFailed(
        isHttp2Error
          ? upstreamFailure('invalid', 'never-sent', `${this.url} does not speak HTTP/2.`, {
              found: reason.message,
            })
          : connectFailure(reason, this.url),
      )
      return
    }
    this.#leave()
  }

  #connectFailed(failure: UpstreamFailure): void {
    this.state = 'gone'
    this.#destroy()
    this.#owner.connectFailed(this, failure)
  }

  #leave(): void {
    if (this.state === 'gone') return
    this.state = 'gone'
    this.#owner.gone(this)
  }

  /** Lets open streams end, and takes no further one. */
  close(): void {
    this.#leave()
    if (this.streams > 0) this.#session?.close()
    else this.#destroy()
  }

  #destroy(): void {
    this.#session?.destroy(undefined, constants.NGHTTP2_NO_ERROR)
    this.#socket.destroy()
  }
}
