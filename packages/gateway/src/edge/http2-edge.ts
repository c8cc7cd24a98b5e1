import http2, { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Limits } from '../configuration/limits.ts'
import { http2Exchange } from '../exchange/http2-exchange.ts'
import type { Connection } from './connection.ts'
import type { RequestSink } from './request-sink.ts'

/** How long resets of streams are counted together. */
const resetWindowMs = 10_000

/** HTTP/2 behind the handshake. Floods end their own connection, and nothing else. */
export class Http2Edge {
  readonly #sink: RequestSink
  readonly #limits: Limits
  readonly #options: http2.ServerOptions

  constructor(sink: RequestSink, limits: Limits) {
    this.#sink = sink
    this.#limits = limits
    this.#options = {
      // Megabytes of frames, headers and queued answers; a stream beyond them is refused.
      maxSessionMemory: 16,
      maxHeaderListPairs: 256,
      maxSettings: 32,
      maxOutstandingPings: 10,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      // Behind our own count, which says why.
      streamResetBurst: limits.streamResets * 4,
      streamResetRate: Math.max(1, Math.floor(limits.streamResets / 5)),
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.concurrentStreams,
        maxHeaderListSize: limits.headerBytes,
        initialWindowSize: 256 * 1024,
      },
    }
  }

  accept(connection: Connection): void {
    const session = http2.performServerHandshake(connection.socket, this.#options)
    connection.kind = 'http2'
    connection.session = session
    let resets = 0
    let windowStart = performance.now()
    const countReset = (): void => {
      const now = performance.now()
      if (now - windowStart > resetWindowMs) {
        windowStart = now
        resets = 0
      }
      // CVE-2023-44487: a client that opens and resets streams has us do work that nobody waits for.
      if (++resets <= this.#limits.streamResets || session.destroyed) return
      connection.endNow(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
    // The connection's close follows, and is all there is to know.
    session.on('error', ignore)
    session.on('frameError', ignore)
    session.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
        stream.on('aborted', countReset)
        if (session.closed || session.destroyed) return
        try {
          const exchange = http2Exchange(stream, headers, raw, this.#sink.nextRequestId())
          this.#sink.begin(connection, exchange, false)
        } catch (error) {
          this.#sink.broke(connection, error)
        }
      },
    )
  }
}

function ignore(): void {}
