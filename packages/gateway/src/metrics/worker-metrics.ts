import type { BlockCount } from '../addresses/shared-addresses.ts'
import type { CounterMetrics } from '../counters/counters-for.ts'
import type { UpstreamMetrics } from '../forward/upstream.ts'
import type { LimitRow } from '../limits/limit-counts.ts'
import type { TokenCounts } from '../tokens/token-counts.ts'

/** What a worker counted since it was started: plain data, to be added up over workers. */
export type WorkerMetrics = {
  readonly requests: readonly RequestRow[]
  readonly durations: { readonly counts: Float64Array; readonly sum: number }
  readonly connections: Readonly<Record<'http1' | 'http2' | 'webSocket' | 'handshake', number>>
  /** Connections that were accepted. */
  readonly accepted: number
  /** Connections that were closed at once, for want of room. */
  readonly turnedAway: number
  readonly handshakes: readonly {
    readonly outcome: string
    readonly reason: string
    readonly count: number
  }[]
  /** Decisions that proxies asked for. */
  readonly decisions: readonly {
    readonly caller: string
    readonly outcome: string
    readonly count: number
  }[]
  /** Access tokens: how often one was found in memory, verified, or failed; and how many are remembered. */
  readonly tokens: TokenCounts & { readonly remembered: number }
  /** What each limit let through and refused. */
  readonly limits: readonly LimitRow[]
  readonly counters: CounterMetrics
  /** Temporary blocks of addresses, by what for. */
  readonly blocks: readonly BlockCount[]
  readonly logLinesDropped: number
  readonly recordsDropped: number
  readonly upstreams: readonly UpstreamMetrics[]
}

export type RequestRow = {
  readonly host: string
  readonly route: string
  readonly outcome: string
  readonly reason: string
  readonly count: number
}
