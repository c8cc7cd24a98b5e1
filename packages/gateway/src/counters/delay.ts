import type { DelayLimit } from './counters.ts'

/** How long after the last try the one of this number may come, in milliseconds; the first is number 1. */
export function delayBefore(limit: DelayLimit, number: number): number {
  const late = number - limit.freeTries
  if (late <= 0) return 0
  return Math.min(limit.longestMs, limit.firstMs * limit.factor ** (late - 1))
}
