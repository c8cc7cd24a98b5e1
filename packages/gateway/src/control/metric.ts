import type { AddressFacts } from '../addresses/address-keeper.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import type { StaleLevel } from '../status/staleness.ts'
import type { ReloadCounts } from './reloads.ts'
import type { CertificateFacts } from './server-certificates.ts'

/** What the main thread knows besides what its workers counted. */
export type GatewayFacts = {
  readonly version: string
  readonly workers: number
  readonly workerRestarts: number
  readonly feedConnected: boolean
  readonly feedAgeSeconds: number | undefined
  readonly feedSequence: number
  /** What came over the feed and was not believed. */
  readonly feedRefused: number
  readonly changeAges: WorkerMetrics['durations']
  readonly staleLevel: StaleLevel
  readonly entries: Readonly<Record<string, number>>
  readonly reloads: ReloadCounts
  readonly openGlass: readonly {
    readonly route: string
    readonly stage: string
    readonly mode: string
  }[]
  readonly certificates: readonly CertificateFacts[]
  readonly acmeAttempts: Readonly<Record<string, number>>
  /** How full the tables of counters are, from 0 to 1. */
  readonly addresses: AddressFacts
  readonly counterFill: Readonly<Record<string, number>>
  readonly insecure: Readonly<Record<string, boolean>>
}

export type Labels = Readonly<Record<string, string>>
export type Sample = { readonly labels: Labels; readonly value: number; readonly suffix?: string }
export type Metric = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: (workers: readonly WorkerMetrics[], facts: GatewayFacts) => Sample[]
}
