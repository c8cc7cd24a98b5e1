import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Limits } from '../configuration/limits.ts'
import { http1Exchange } from '../exchange/http1-exchange.ts'
import { http1UpgradeExchange } from '../exchange/http1-upgrade-exchange.ts'
import { http } from '../runtime/node-http.ts'
import type { Connection } from './connection.ts'
import { clientErrorReason } from './malformed-request.ts'
import type { RequestSink } from './request-sink.ts'

const connectionOf = Symbol('connection')
type Carrier = object & { [connectionOf]?: Connection }

/** HTTP/1.1 behind the handshake: node's server without a port of its own. */
export class Http1Edge {
  readonly #server: Server
  readonly #sink: RequestSink
  readonly #limits: Limits

  constructor(sink: RequestSink, limits: Limits) {
    this.#sink = sink
    this.#limits = limits
    const server = http.createServer({
      insecureHTTPParser: false,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersSeconds * 1000,
      requestTimeout: limits.requestSeconds * 1000,
      connectionsCheckingInterval: Math.min(1000, limits.headersSeconds * 500),
      // A missing Host is refused by the host stage, with a reason.
      requireHostHeader: false,
      // A request that can have no content is no stream: its events would cost more than its decision.
      optimizeEmptyRequests: true,
      // Idle connections are swept by the worker, under one timer for all.
      keepAliveTimeout: 0,
      shouldUpgradeCallback: isWebSocket,
    })
    // Beyond a count node would pass fields over without a word. Their bytes are bounded.
    server.maxHeadersCount = 0
    server.on('request', this.#onRequest)
    // The exchange says 100 (Continue) when the service wants the content.
    server.on('checkContinue', this.#onRequest)
    server.on('checkExpectation', this.#onRequest)
    server.on('upgrade', this.#onUpgrade)
    server.on('connect', (request: IncomingMessage, socket: Duplex) =>
      this.#broken(request.socket, socket, 'request_upgrade_unsupported', 'the method CONNECT'),
    )
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      const reason = clientErrorReason(error)
      if (reason === undefined || isUnused(socket)) socket.destroy()
      else this.#broken(socket, socket, reason, error.message)
    })
    // This, not a port, is what starts node's watch over headersTimeout and requestTimeout.
    server.emit('listening')
    this.#server = server
  }

  accept(connection: Connection): void {
    const carrier: Carrier = connection.socket
    carrier[connectionOf] = connection
    this.#server.emit('connection', connection.socket)
    // Without TLS the socket was paused, so that what came with its first bytes is read by node.
    if (connection.scheme === 'http') connection.socket.resume()
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = (request.socket as Carrier)[connectionOf]
    if (connection === undefined) throw new TypeError('A request came on no connection of ours')
    // llhttp reads HTTP/0.9 and HTTP/2.0 in this form as well; services may read them otherwise.
    if (request.httpVersionMajor !== 1) {
      this.#broken(connection.socket, connection.socket, 'request_malformed', 'not HTTP/1')
      return
    }
    connection.response = response
    if (connection.isEnding) response.shouldKeepAlive = false
    if (connection.requests.size >= this.#limits.pipelinedRequests) {
      connection.endNow()
      return
    }
    try {
      const exchange = http1Exchange(request, response, this.#sink.nextRequestId())
      if (connection.hasUnsupportedUpgrade) {
        connection.hasUnsupportedUpgrade = false
        this.#sink.refuseUpgrade(connection, exchange)
      } else this.#sink.begin(connection, exchange, false)
    } catch (error) {
      this.#sink.broke(connection, error)
    }
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const connection = (request.socket as Carrier)[connectionOf]
    if (connection === undefined) throw new TypeError('A request came on no connection of ours')
    // RFC 9112 §9.3.2: answers come in the order of their requests. Whoever asks for another protocol
    // before the last answer is there has no use for either.
    if (connection.requests.size > 0) {
      connection.endNow()
      return
    }
    try {
      const exchange = http1UpgradeExchange(request, socket, head, this.#sink.nextRequestId())
      this.#sink.begin(connection, exchange, true)
    } catch (error) {
      this.#sink.broke(connection, error)
    }
  }

  #broken(
    of: Carrier,
    socket: Duplex,
    code:
      | 'request_malformed'
      | 'request_header_too_large'
      | 'request_timeout'
      | 'request_upgrade_unsupported',
    found: string,
  ): void {
    const connection = of[connectionOf]
    if (connection === undefined) socket.destroy()
    else this.#sink.refuseBroken(connection, socket, code, found)
  }
}

/** Browsers open connections ahead of need: one that never carried a byte is closed without a word. */
function isUnused(socket: Duplex & { readonly bytesRead?: number }): boolean {
  return socket.bytesRead === 0
}

// RFC 9110 §7.8: an upgrade may be ignored. Ours are refused, so that nobody waits for one in vain.
function isWebSocket(request: IncomingMessage): boolean {
  const isAsked = request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET'
  const connection = (request.socket as Carrier)[connectionOf]
  if (!isAsked && connection !== undefined) connection.hasUnsupportedUpgrade = true
  return isAsked
}
