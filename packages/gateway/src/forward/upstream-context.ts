import type { Exchange } from '../exchange/exchange.ts'
import type { Balance } from './balance.ts'
import type { Deadlines } from './deadlines.ts'
import type { UpstreamSettings } from './upstream-config.ts'
import type { UpstreamFailure } from './upstream-failure.ts'

/** What all requests to one upstream share. */
export type UpstreamContext = {
  readonly name: string
  readonly settings: UpstreamSettings
  readonly balance: Balance
  readonly deadlines: Deadlines
  /** Monotonic, milliseconds. */
  readonly clock: () => number
  readonly counters: UpstreamCounters
  readonly onFailure: ((failure: UpstreamFailure, exchange: Exchange) => void) | undefined
}

export type UpstreamCounters = { requests: number; failures: number; retries: number }
