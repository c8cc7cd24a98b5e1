import { isProblem, Problem } from '@sallyport/problem'
import type { KeySet } from './load-key-set.ts'

/** Between two attempts to load keys, however many tokens name keys that nobody knows. */
const cooldownMs = 30_000
/** From this age on keys are loaded again beside the verification that notices. */
const freshMs = 10 * 60_000
/** From this age on a verification waits for newer ones: a key may have been withdrawn meanwhile. */
const waitMs = 60 * 60_000

/** The public keys of one provider over time. */
export type KeySource = {
  /**
   * The keys to verify with. Where the provider is away, the last ones that it gave, however old.
   *
   * @throws Problem `identity_provider_unavailable` where it never gave any
   */
  keys(): Promise<KeySet>
  /**
   * Newer keys than these, for a token whose key is not among them. Undefined where there are none, or
   * where the provider was asked less than 30 seconds ago.
   */
  newerThan(keys: KeySet): Promise<KeySet | undefined>
}

export type KeySourceOptions = {
  readonly load: () => Promise<KeySet>
  /** Milliseconds. */
  readonly now: () => number
  readonly onFailure: (problem: Problem) => void
}

export function createKeySource({ load, now, onFailure }: KeySourceOptions): KeySource {
  let current: KeySet | undefined
  let failure: Problem | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  let attempt: Promise<void> | undefined

  /** Since the last attempt. A clock that was set back counts as time gone by. */
  const age = () => Math.abs(now() - attemptedAt)

  async function loadOnce(): Promise<void> {
    attemptedAt = now()
    try {
      current = await load()
      failure = undefined
    } catch (error) {
      failure = isProblem(error)
        ? error
        : new Problem('identity_provider_unavailable', { cause: error })
      onFailure(failure)
    } finally {
      attempt = undefined
    }
  }
  /** One attempt at a time: whoever comes meanwhile waits for the same one. It never rejects. */
  const refresh = () => (attempt ??= loadOnce())

  return {
    async keys() {
      if (current === undefined) {
        if (attempt !== undefined || age() >= cooldownMs) await refresh()
      } else if (age() >= waitMs) {
        await refresh()
      } else if (age() >= (failure === undefined ? freshMs : cooldownMs)) {
        void refresh()
      }
      if (current === undefined) {
        throw failure ?? new Problem('identity_provider_unavailable')
      }
      return current
    },
    async newerThan(keys) {
      if (current === keys && (attempt !== undefined || age() >= cooldownMs)) await refresh()
      return current === keys ? undefined : current
    },
  }
}
