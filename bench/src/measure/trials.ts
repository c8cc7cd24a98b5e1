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
  /** How many rounds' worth of load comes before the first round, for compilers and caches. */
  readonly warmUpRounds: number
}

/** What is done to each gateway in each round. */
export const trials: readonly Trial[] = [
  {
    load: 'http1',
    cpu: 'http1Cpu',
    p99: 'http1P99',
    count: ({ requests }) => requests,
    concurrency: ({ concurrency }) => concurrency,
    warmUpRounds: 3,
  },
  {
    load: 'http2',
    cpu: 'http2Cpu',
    p99: 'http2P99',
    count: ({ requests }) => requests,
    concurrency: ({ concurrency }) => concurrency,
    warmUpRounds: 2,
  },
  {
    load: 'handshake',
    cpu: 'handshakeCpu',
    count: ({ handshakes }) => handshakes,
    concurrency: ({ handshakeConcurrency }) => handshakeConcurrency,
    warmUpRounds: 1,
  },
  {
    load: 'connection',
    cpu: 'connectionCpu',
    count: ({ handshakes }) => handshakes,
    concurrency: ({ handshakeConcurrency }) => handshakeConcurrency,
    warmUpRounds: 1,
  },
]
