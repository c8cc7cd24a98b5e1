import { Problem } from '@sallyport/problem'
import type { Exchange } from '../exchange/exchange.ts'
import { Balance } from './balance.ts'
import { Deadlines } from './deadlines.ts'
import { readEndpoints } from './endpoint.ts'
import { Forwarding } from './forwarding.ts'
import { startHealthChecks } from './health-check.ts'
import { Http1Pool } from './h1/pool.ts'
import { Http2Pool } from './h2/pool.ts'
import type { ForwardHeaders } from './request-headers.ts'
import { Target, type TargetEvents } from './target.ts'
import { type UpstreamConfig, upstreamSettings } from './upstream-config.ts'
import type { UpstreamContext, UpstreamCounters } from './upstream-context.ts'
import type { UpstreamFailure } from './upstream-failure.ts'
import { refuseProblem } from './upstream-refusal.ts'
import { webSocketRequest } from './web-socket.ts'

/** A service behind the gateway. */
export interface Upstream {
  readonly name: string
  /** Sends a request to the service and its answer to the client; every failure becomes an answer too. */
  forward(exchange: Exchange, headers: ForwardHeaders): void
  /** The same for a request that asks to change to WebSocket. */
  upgrade(exchange: Exchange, headers: ForwardHeaders): void
  snapshot(): UpstreamMetrics
  /** Takes no connection back from now on, and resolves when the last request is done. */
  close(): Promise<void>
}

export type UpstreamMetrics = UpstreamCounters & {
  name: string
  targets: TargetMetrics[]
}

export type TargetMetrics = {
  url: string
  isAvailable: boolean
  outstanding: number
  requests: number
  failures: number
  connections: number
  idle: number
  waiting: number
}

/** The part of a pino logger that is used. */
export type UpstreamLog = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export type UpstreamOptions = {
  log: UpstreamLog
  /** Monotonic, milliseconds. */
  now?: () => number
  onFailure?: (failure: UpstreamFailure, exchange: Exchange) => void
}

/**
 * @param config with absolute paths; validated against `UpstreamSchema`.
 * @throws Problem config_unreadable, config_invalid: certificates are read here, once.
 */
export function createUpstream(
  name: string,
  config: UpstreamConfig,
  options: UpstreamOptions,
): Upstream {
  const settings = upstreamSettings(config)
  const clock = options.now ?? (() => performance.now())
  const shortest = Math.min(
    settings.connectMs,
    settings.headersMs,
    settings.idleMs,
    settings.totalMs,
    settings.poolIdleMs,
  )
  const deadlines = new Deadlines(clock, Math.min(250, Math.max(5, shortest / 8)))
  const counters: UpstreamCounters = { requests: 0, failures: 0, retries: 0 }
  const events: TargetEvents = {
    ejected: (target, why) =>
      options.log.warn({ upstream: name, target: target.endpoint.url, why }, 'target taken out'),
    recovered: (target) =>
      options.log.info({ upstream: name, target: target.endpoint.url }, 'target is back'),
  }
  const Pool = settings.protocol === 'h2' ? Http2Pool : Http1Pool
  const targets = readEndpoints(name, config).map((endpoint) => {
    const transport = new Pool(endpoint, settings, deadlines, clock)
    return new Target(endpoint, transport, settings, events)
  })
  const balance = new Balance(targets, settings)
  const { onFailure } = options
  const context: UpstreamContext = {
    name,
    settings,
    balance,
    deadlines,
    clock,
    counters,
    onFailure,
  }

  const endHealthChecks = startHealthChecks(targets, settings)

  return {
    name,
    forward(exchange, headers) {
      counters.requests++
      new Forwarding(context, exchange, headers, undefined).start()
    },
    upgrade(exchange, headers) {
      counters.requests++
      if (exchange.protocol === undefined && exchange.contentLength !== 0) {
        const detail = 'A request to change the protocol has content.'
        refuseProblem(exchange, new Problem('request_upgrade_unsupported', { detail }))
        return
      }
      new Forwarding(context, exchange, headers, webSocketRequest(exchange)).start()
    },
    snapshot: () => ({
      name,
      ...counters,
      targets: targets.map((target) => metricsOf(target, clock())),
    }),
    async close() {
      endHealthChecks()
      for (const target of targets) target.transport.close()
      await drained(targets)
    },
  }
}

function metricsOf(target: Target, now: number): TargetMetrics {
  const { endpoint, transport, outstanding, requests, failures } = target
  const { connections, idle, waiting } = transport
  const isAvailable = target.isAvailable(now)
  return {
    url: endpoint.url,
    isAvailable,
    outstanding,
    requests,
    failures,
    connections,
    idle,
    waiting,
  }
}

const drainPollMs = 20

async function drained(targets: readonly Target[]): Promise<void> {
  while (targets.some((target) => target.outstanding > 0)) {
    await new Promise((resolve) => setTimeout(resolve, drainPollMs))
  }
}
