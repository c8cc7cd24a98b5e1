import type { CountersPlan } from '../configuration/redis-plan.ts'
import type { Log } from '../log/log.ts'
import type { Counters } from './counters.ts'
import type { LocalCounters } from './local-counters.ts'
import { RedisCounters } from './redis/redis-counters.ts'

/** The counters of a configuration. The same Redis keeps its connection over a reload. */
export function countersFor(
  plan: CountersPlan,
  options: {
    readonly local: Counters
    readonly log: Log
    readonly previous: { readonly plan: CountersPlan; readonly counters: Counters } | undefined
  },
): Counters {
  const { local, log, previous } = options
  if (plan.redis === undefined) return local
  const isSame = previous !== undefined && JSON.stringify(previous.plan) === JSON.stringify(plan)
  if (isSame) return previous.counters
  return new RedisCounters(plan.redis, plan.whenAway, local, log)
}

/** How the counters of a worker fare. */
export type CounterMetrics = {
  /** How often a key found no room, by table. */
  readonly overflows: Readonly<Record<string, number>>
  /** Undefined without Redis. */
  readonly redis:
    | { readonly isAway: boolean; readonly asked: number; readonly failed: number }
    | undefined
}

export function counterMetrics(counters: Counters, local: LocalCounters): CounterMetrics {
  const redis = counters instanceof RedisCounters ? { ...counters.counts } : undefined
  return { overflows: local.overflows(), redis }
}

/** Closes counters that are not those in force any more. */
export function closeCounters(counters: Counters, kept: Counters | undefined): void {
  if (counters !== kept && counters instanceof RedisCounters) counters.close()
}
