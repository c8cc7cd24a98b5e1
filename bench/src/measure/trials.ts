import type { LoadKind } from '../load/loads.ts'
import type { FigureName } from '../report/figures.ts'

export type TrialSettings = {
  /** Requests of a round over kept-alive connections. */
  readonly requests: number
  /** Handshakes of a round. */
  readonly handshakes: number
  /** Requests under way at a time. */
  readonly concurrency: number
  /** Handshakes under way at a time. */
  readonly handshakeConcurrency: number
}

export type Trial = {
  readonly load: LoadKind
  readonly cpu: FigureName
  readonly p99?: FigureName
  readonly count: (settings: TrialSettings) => number
  readonly concurrency: (settings: TrialSettings) => number
  /** Requests or handshakes before the first round, for compilers and caches; no fewer for a short run. */
  readonly warmUp: number
}

/** What is done to each gateway in each round. */
export const trials: readonly Trial[] = [
  {
    load: 'http1',
    cpu: 'http1Cpu',
    p99: 'http1P99',
    count: ({ requests }) => requests,
    concurrency: ({ concurrency }) => concurrency,
    warmUp: 60_000,
  },
  {
    load: 'http2',
    cpu: 'http2Cpu',
    p99: 'http2P99',
    count: ({ requests }) => requests,
    concurrency: ({ concurrency }) => concurrency,
    warmUp: 30_000,
  },
  {
    load: 'handshake',
    cpu: 'handshakeCpu',
    count: ({ handshakes }) => handshakes,
    concurrency: ({ handshakeConcurrency }) => handshakeConcurrency,
    warmUp: 500,
  },
  {
    load: 'connection',
    cpu: 'connectionCpu',
    count: ({ handshakes }) => handshakes,
    concurrency: ({ handshakeConcurrency }) => handshakeConcurrency,
    warmUp: 500,
  },
]
