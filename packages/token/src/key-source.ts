import type { KeySet } from './load-key-set.ts'
import { createRefreshedValue, type Lives, type RefreshedValueOptions } from './refreshed-value.ts'

/**
 * Half a minute between two attempts, however many tokens name keys that nobody knows. From ten minutes
 * on keys are loaded again beside the verification that notices; from an hour on it waits for newer ones,
 * for a key may have been withdrawn meanwhile.
 */
export const keyLives = (maxAgeMs: number): Lives => ({
  cooldownMs: 30_000,
  retryMs: 5_000,
  freshMs: Math.min(10 * 60_000, maxAgeMs / 2),
  waitMs: 60 * 60_000,
  maxAgeMs,
  timeoutMs: 5_000,
})

/** The public keys of one provider over time. */
export type KeySource = {
  /** @throws Problem `identity_provider_unavailable` where there are none that are not too old */
  keys(): Promise<KeySet>
  /** Newer keys than these, for a token whose key is not among them. */
  newerThan(keys: KeySet): Promise<KeySet | undefined>
  /** Milliseconds: until when the keys are used, should no newer come. */
  goodUntil(): number
  /**
   * A number that was never given before when a key is withdrawn, or when keys are too old. Asking for
   * it has keys loaded again where they are no longer fresh, so that withdrawals are noticed though
   * every verdict is remembered.
   */
  version(): number
}

const isWithdrawn = (last: KeySet, next: KeySet): boolean =>
  [...last.members].some((key) => !next.members.has(key))

/** Rises over all sources of this thread, so that a new configuration never repeats a number. */
let versions = 0
export const nextVersion = (): number => ++versions

export function createKeySource(options: RefreshedValueOptions<KeySet>): KeySource {
  let version = nextVersion()
  let last: KeySet | undefined
  let isExpired = false
  const source = createRefreshedValue({
    ...options,
    load: async (signal) => {
      const keys = await options.load(signal)
      if (last !== undefined && isWithdrawn(last, keys)) version = nextVersion()
      last = keys
      isExpired = false
      return keys
    },
  })
  return {
    keys: () => source.value(),
    newerThan: (keys) => source.newerThan(keys),
    goodUntil: () => source.goodUntil(),
    version() {
      if (last === undefined) return version
      source.refreshBeside()
      if (!isExpired && options.now() >= source.goodUntil()) {
        isExpired = true
        version = nextVersion()
      }
      return version
    },
  }
}
