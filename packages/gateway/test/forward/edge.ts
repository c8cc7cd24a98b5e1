import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Exchange, Outcome } from '../../src/exchange/exchange.ts'
import { http1Exchange } from '../../src/exchange/http1-exchange.ts'
import { http1UpgradeExchange } from '../../src/exchange/http1-upgrade-exchange.ts'
import { http2Exchange } from '../../src/exchange/http2-exchange.ts'
import { emptyBlock } from '../../src/forward/field-block.ts'
import type { ForwardHeaders } from '../../src/forward/request-headers.ts'
import { createUpstream, type Upstream } from '../../src/forward/upstream.ts'
import type { UpstreamConfig } from '../../src/forward/upstream-config.ts'
import type { UpstreamFailure } from '../../src/forward/upstream-failure.ts'

/** A listener before an upstream, as the gateway has it behind its stages: HTTP/1 and HTTP/2. */
export type Edge = AsyncDisposable & {
  port: number
  http2Port: number
  upstream: Upstream
  /** How many exchanges began. */
  begun(): number
  outcomes: Outcome[]
  failures: UpstreamFailure[]
  /** What the upstream logged: target taken out, target is back. */
  messages: string[]
  /** Resolves with the outcome of the nth exchange, from 0. */
  outcome(index: number): Promise<Outcome>
}

export async function startEdge(
  config: UpstreamConfig,
  headers: Partial<ForwardHeaders> = {},
  /** What comes before forwarding, as stages do. */
  before?: (exchange: Exchange) => Promise<boolean>,
): Promise<Edge> {
  const failures: UpstreamFailure[] = []
  const messages: string[] = []
  const log = {
    info: (_fields: object, message: string) => messages.push(message),
    warn: (_fields: object, message: string) => messages.push(message),
  }
  const upstream = createUpstream('service', config, {
    log,
    onFailure: (failure) => failures.push(failure),
  })
  const outcomes: Outcome[] = []
  const waiting = new Map<number, (outcome: Outcome) => void>()
  const forwarded: ForwardHeaders = {
    set: [],
    block: emptyBlock,
    strip: () => false,
    ...headers,
  }
  const begin = (exchange: Exchange, isUpgrade: boolean): void => {
    exchange.onDone((outcome) => {
      outcomes.push(outcome)
      waiting.get(outcomes.length - 1)?.(outcome)
    })
    const go = () =>
      isUpgrade ? upstream.upgrade(exchange, forwarded) : upstream.forward(exchange, forwarded)
    if (before === undefined) go()
    else void before(exchange).then((goesOn) => (goesOn ? go() : undefined))
  }
  let requests = 0
  const nextId = () => `req_test${String(++requests).padStart(8, '0')}`
  const server = http.createServer({ requireHostHeader: false })
  const onRequest: http.RequestListener = (req, res) =>
    begin(http1Exchange(req, res, nextId()), false)
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('upgrade', (req, socket, head) =>
    begin(http1UpgradeExchange(req, socket, head, nextId()), true),
  )
  const server2 = http2.createServer({ settings: { enableConnectProtocol: true } })
  server2.on('stream', ((
    stream: http2.ServerHttp2Stream,
    fields: http2.IncomingHttpHeaders,
    _flags: number,
    raw: string[],
  ) => {
    const exchange = http2Exchange(stream, fields, raw, nextId())
    begin(exchange, exchange.protocol !== undefined)
  }) as unknown as () => void)
  const sessions = new Set<http2.ServerHttp2Session>()
  server2.on('session', (session) => sessions.add(session))
  await Promise.all([listen(server), listen(server2)])
  return {
    port: portOf(server),
    http2Port: portOf(server2),
    upstream,
    begun: () => requests,
    outcomes,
    failures,
    messages,
    outcome: (index) =>
      new Promise((resolve) => {
        const known = outcomes[index]
        if (known === undefined) waiting.set(index, resolve)
        else resolve(known)
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      for (const session of sessions) session.destroy()
      server2.close()
      await upstream.close()
    },
  }
}

type Listening = {
  listen(port: number, host: string, done: () => void): unknown
  address(): AddressInfo | string | null
}

export function listen(server: Listening): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}

export function portOf(server: Listening): number {
  return (server.address() as AddressInfo).port
}
