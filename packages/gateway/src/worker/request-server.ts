import type { Duplex } from 'node:stream'
import { type ReasonCode, reasonOf } from '@sallyport/problem'
import type { Connection } from '../edge/connection.ts'
import type { Hop } from '../edge/hop.ts'
import { rawRefusal } from '../edge/malformed-request.ts'
import type { RequestSink } from '../edge/request-sink.ts'
import type { Exchange, Outcome } from '../exchange/exchange.ts'
import type { LineBatch } from '../log/line-batch.ts'
import type { Log } from '../log/log.ts'
import { identityFields } from '../pipeline/identity-fields.ts'
import { refusalAnswer } from '../pipeline/refusal-answer.ts'
import { type PipelineEnds, runPipeline } from '../pipeline/run-pipeline.ts'
import { ServedRequest } from '../pipeline/served-request.ts'
import type { Refusal } from '../pipeline/stage.ts'
import { traceParents } from '../pipeline/trace-parent.ts'
import { findRoute } from '../routing/find-route.ts'
import type { Host } from './host.ts'
import type { DecisionRing } from './decision-ring.ts'
import type { RequestBooks } from './request-books.ts'

export type RequestServerOptions = {
  readonly nextRequestId: () => string
  /** A host of the configuration in force. */
  readonly hostNamed: (name: string) => Host | undefined
  /** Undefined where there is no access log. */
  readonly accessLog: () => LineBatch | undefined
  readonly decisions: DecisionRing
  readonly books: RequestBooks
  readonly log: Log
}

/** Takes requests from the edge, leads them through the pipeline, and keeps the books of them. */
export class RequestServer implements RequestSink {
  readonly nextRequestId: () => string
  readonly #options: RequestServerOptions
  readonly #traceParents = traceParents()

  constructor(options: RequestServerOptions) {
    this.#options = options
    this.nextRequestId = options.nextRequestId
  }

  readonly begin = (connection: Connection, exchange: Exchange, isUpgrade: boolean): void => {
    try {
      const { hop } = connection.listener
      if (hop !== undefined) {
        this.#beginBehindHop(hop, connection, exchange, isUpgrade)
        return
      }
      const { host } = connection
      const found = findRoute(host, exchange)
      const request = new ServedRequest(exchange, connection, connection, host, found, isUpgrade)
      this.#opened(request)
      runPipeline(request, (found.route ?? host).steps, this.#ends)
    } catch (error) {
      this.broke(connection, error)
    }
  }

  // What the proxy says of its client is believed here, or nowhere: stages see a caller.
  #beginBehindHop(hop: Hop, connection: Connection, exchange: Exchange, isUpgrade: boolean): void {
    const admitted = hop.admit(connection, exchange, this.#options.hostNamed)
    if ('code' in admitted) {
      const { host } = connection
      const request = new ServedRequest(exchange, connection, connection, host, undefined, false)
      this.#opened(request)
      request.refusedBy = 'hop'
      this.#refuse(request, admitted)
      return
    }
    const { host, caller } = admitted
    const found = findRoute(host, exchange)
    const request = new ServedRequest(exchange, connection, caller, host, found, isUpgrade)
    this.#opened(request)
    runPipeline(request, (found.route ?? host).steps, this.#ends)
  }

  readonly broke = (connection: Connection, error: unknown): void => {
    const said = error instanceof Error ? error.stack : String(error)
    this.#options.log.error({ address: connection.address, error: said }, 'a request broke')
    connection.endNow()
  }

  readonly refuseUpgrade = (connection: Connection, exchange: Exchange): void => {
    const { host } = connection
    const request = new ServedRequest(exchange, connection, connection, host, undefined, false)
    this.#opened(request)
    const found = exchange.header('upgrade')?.slice(0, 100) ?? 'none'
    this.#refuse(request, unsupportedUpgrade(found))
  }

  readonly refuseBroken = (
    connection: Connection,
    socket: Duplex,
    code: ReasonCode,
    found: string,
  ): void => {
    const requestId = this.nextRequestId()
    const at = Date.now()
    const { host } = connection
    const isAnswered = socket.writable && mayAnswerBroken(connection)
    if (isAnswered) connection.endWith(rawRefusal(code, requestId))
    // What was written already, perhaps a refusal of the same request, still goes out.
    else connection.endSoon()

    const status = isAnswered ? reasonOf(code).status : 0
    host.counters.count('refused', code)
    this.#options.decisions.add({
      requestId,
      at,
      address: connection.address,
      host: host.plan.name,
      method: '',
      path: '',
      status,
      code,
      stages: [
        { stage: 'parse', mode: 'enforce', verdict: 'refuse', code, found: found.slice(0, 500) },
      ],
    })
    const line = `{"time":"${new Date(at).toISOString()}","requestId":"${requestId}",${connection.logMembers}`
    this.#options.accessLog()?.add(`${line},"status":${status},"code":"${code}"}\n`)
  }

  /** Refuses a request whose content did not come in time. */
  readonly timeOut = (request: ServedRequest): void => {
    request.refusedBy = 'forward'
    this.#refuse(request, {
      code: 'request_timeout',
      check: 'content',
      expected: 'all of it within limits.requestSeconds',
    })
  }

  #opened(request: ServedRequest): void {
    const { connection } = request
    connection.requests.add(request)
    connection.lastActiveAt = request.startedAt
    request.exchange.onDone((outcome) => this.#done(request, outcome))
  }

  readonly #refuse = (request: ServedRequest, refusal: Refusal): void => {
    const { exchange, connection, host } = request
    request.refusal ??= refusal
    const { status, headers, body } = refusalAnswer(refusal, {
      requestId: exchange.requestId,
      realm: host.plan.name,
      now: request.at,
    })
    const isLast = refusal.endsConnection === true || connection.isEnding
    if (isLast && exchange.httpVersion !== '2') headers.push('Connection', 'close')
    exchange.refuse(status, headers, body)
    if (isLast && exchange.httpVersion === '2') connection.endGracefully()
  }

  readonly #forward = (request: ServedRequest): void => {
    const { route, exchange, connection, isUpgrade } = request
    if (route === undefined) {
      // The route stage has refused it; were it taken out of the table, the request ends here.
      this.#refuse(request, { code: 'route_not_found' })
      return
    }
    this.#options.books.noteUse(request)
    const fields = identityFields(request, this.#traceParents)
    if (!isUpgrade) {
      route.upstream.forward(exchange, fields)
    } else if (route.plan.webSocket) {
      connection.kind = 'webSocket'
      route.upstream.upgrade(exchange, fields)
    } else {
      request.refusedBy = 'forward'
      this.#refuse(request, unsupportedUpgrade('WebSocket on a route without webSocket: true'))
    }
  }

  readonly #ends: PipelineEnds<ServedRequest> = { forward: this.#forward, refuse: this.#refuse }

  #done(request: ServedRequest, outcome: Outcome): void {
    const { connection } = request
    const now = performance.now()
    connection.requests.delete(request)
    connection.lastActiveAt = now
    if (connection.isEnding && connection.requests.size === 0) connection.endSoon()
    this.#options.books.close(request, outcome, now)
  }
}

/**
 * Whether bytes that are no request can be answered. An answer that has begun cannot be taken back; and
 * one that is still to come would be taken for the answer to the request before (RFC 9112 §9.3.2).
 */
function mayAnswerBroken({ requests, response }: Connection): boolean {
  if (requests.size === 0) return true
  return requests.size === 1 && response?.headersSent === false && !response.req.complete
}

function unsupportedUpgrade(found: string): Refusal {
  return {
    code: 'request_upgrade_unsupported',
    check: 'upgrade',
    expected: 'websocket, on a route that allows it',
    found,
    endsConnection: true,
  }
}
