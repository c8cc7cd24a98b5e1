import { Problem } from '@sallyport/problem'
import { faultText } from './fault-text.ts'
import { createRefreshedValue, type Lives, type RefreshedValue } from './refreshed-value.ts'

/** What files are read with, and who is told when they cannot be. */
export type FileSurroundings = {
  readonly readFile: (path: string) => Promise<Uint8Array>
  /** Milliseconds. */
  readonly now: () => number
  readonly onFailure: (problem: Problem) => void
}

/** A file that was replaced is noticed within a minute; one that cannot be read leaves what it had. */
const fileLives: Lives = {
  cooldownMs: 5_000,
  retryMs: 1_000,
  freshMs: 60_000,
  waitMs: 3_600_000,
  maxAgeMs: Number.POSITIVE_INFINITY,
  timeoutMs: 5_000,
}

/**
 * What files on this machine hold over time: a secret, a key, a certificate.
 *
 * @param what what it is, with the names of the files: for whoever reads that they cannot be used
 */
export function createFileValue<T>(
  what: string,
  read: () => Promise<T>,
  { now, onFailure }: FileSurroundings,
): RefreshedValue<T> {
  return createRefreshedValue({
    load: async () => {
      try {
        return await read()
      } catch (cause) {
        throw new Problem('identity_provider_unavailable', {
          detail: `${what} cannot be read`,
          expected: what,
          found: faultText(cause),
          cause,
        })
      }
    },
    now,
    lives: fileLives,
    onFailure,
  })
}
