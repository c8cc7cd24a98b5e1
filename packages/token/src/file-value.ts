import type { Problem } from '@sallyport/problem'
import { createRefreshedValue, type Lives, type RefreshedValue } from './refreshed-value.ts'

export type ReadFile = (path: string) => Promise<Uint8Array>

/** A file that was replaced is noticed within a minute; one that cannot be read leaves what it had. */
const fileLives: Lives = {
  cooldownMs: 5_000,
  retryMs: 1_000,
  freshMs: 60_000,
  waitMs: 3_600_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
  timeoutMs: 5_000,
}

/** What files on this machine hold over time: a secret, a key, a certificate. */
export function createFileValue<T>(options: {
  readonly read: () => Promise<T>
  readonly now: () => number
  readonly onFailure: (problem: Problem) => void
}): RefreshedValue<T> {
  const { read, now, onFailure } = options
  return createRefreshedValue({ load: read, now, lives: fileLives, onFailure })
}
