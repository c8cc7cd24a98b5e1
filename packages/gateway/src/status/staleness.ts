import type { StatusControl } from './status-control.ts'

export type StaleLimits = {
  readonly warnAfterSeconds: number
  readonly sensitiveAfterSeconds: number
  readonly stopAfterSeconds: number
}

/** How far the gateway's knowledge has aged, from fresh to none at all. */
export const staleLevels = ['fresh', 'warn', 'sensitive', 'stop', 'unavailable'] as const
export type StaleLevel = (typeof staleLevels)[number]

/** A change that is not understood counts as the longest silence: never ignorant, always stale. */
export function staleLevel(control: StatusControl, limits: StaleLimits): StaleLevel {
  if (!control.hasSnapshot()) return 'unavailable'
  if (control.isIgnorant()) return 'stop'
  const age = control.heardSecondsAgo()
  if (age > limits.stopAfterSeconds) return 'stop'
  if (age > limits.sensitiveAfterSeconds) return 'sensitive'
  return age > limits.warnAfterSeconds ? 'warn' : 'fresh'
}
