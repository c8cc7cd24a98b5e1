// Not the schema: typebox costs a worker 20 MB that it has no use for.
import type { UpstreamConfig } from './upstream-schema.ts'

export type { UpstreamConfig }

/** An upstream's configuration with every default in its place. */
export type UpstreamSettings = {
  protocol: 'h1' | 'h2'
  balance: 'leastOutstanding' | 'roundRobin'
  connectMs: number
  headersMs: number
  idleMs: number
  /** Infinity: no limit. */
  totalMs: number
  tunnelIdleMs: number
  retries: number
  maxConnections: number
  poolIdleMs: number
  maxWaiting: number
  healthPath: string | undefined
  healthHost: string | undefined
  healthIntervalMs: number
  healthTimeoutMs: number
  unhealthyAfter: number
  healthyAfter: number
  ejectMs: number
}

export function upstreamSettings(config: UpstreamConfig): UpstreamSettings {
  const { timeouts = {}, pool = {}, health = {} } = config
  return {
    protocol: config.protocol ?? 'h1',
    balance: config.balance ?? 'leastOutstanding',
    connectMs: timeouts.connectMs ?? 2_000,
    headersMs: timeouts.headersMs ?? 15_000,
    idleMs: timeouts.idleMs ?? 60_000,
    totalMs: timeouts.totalMs || Number.POSITIVE_INFINITY,
    tunnelIdleMs: timeouts.tunnelIdleMs ?? 3_600_000,
    retries: config.retries ?? 1,
    maxConnections: pool.maxConnectionsPerTarget ?? 256,
    poolIdleMs: pool.idleMs ?? 30_000,
    maxWaiting: pool.maxWaiting ?? 1_024,
    healthPath: health.path,
    healthHost: health.host,
    healthIntervalMs: health.intervalMs ?? 5_000,
    healthTimeoutMs: health.timeoutMs ?? 2_000,
    unhealthyAfter: health.unhealthyAfter ?? 3,
    healthyAfter: health.healthyAfter ?? 2,
    ejectMs: health.ejectMs ?? 10_000,
  }
}
