import { isProblem, Problem } from '@sallyport/problem'

/** How long what a provider told is used. Milliseconds. */
export type Lives = {
  /** Between two attempts where something is there, however many ask for newer. */
  readonly cooldownMs: number
  /** Between two attempts where nothing is there. */
  readonly retryMs: number
  /** From this age on it is asked for again beside whoever notices. */
  readonly freshMs: number
  /** From this age on whoever notices waits for a newer one. */
  readonly waitMs: number
  /** From this age on the last one is not used any more, though the provider is away. */
  readonly maxAgeMs: number
  /** What one attempt may take, all its requests together. */
  readonly timeoutMs: number
}

/** Something of a provider's over time: its keys, or where they are. */
export type RefreshedValue<T> = {
  /**
   * The last one. Where the provider is away it is used on, until it is `maxAgeMs` old.
   *
   * @throws Problem `identity_provider_unavailable` where there is none
   */
  value(): Promise<T>
  /** A newer one than this. Undefined where there is none, or where the cooldown is not over. */
  newerThan(value: T): Promise<T | undefined>
  /** Asks for it again beside, where it is no longer fresh. */
  refreshBeside(): void
  /** Milliseconds: until when the last one is used, should no newer come. 0 where there is none. */
  goodUntil(): number
}

export type RefreshedValueOptions<T> = {
  readonly load: (signal: AbortSignal) => Promise<T>
  /** Milliseconds. */
  readonly now: () => number
  readonly lives: Lives
  readonly onFailure: (problem: Problem) => void
}

export function createRefreshedValue<T>(options: RefreshedValueOptions<T>): RefreshedValue<T> {
  const { load, now, lives, onFailure } = options
  let current: { value: T; loadedAt: number } | undefined
  let failure: Problem | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  let attempt: Promise<void> | undefined

  /** Since then. A clock that was set back counts as time gone by. */
  const since = (time: number) => Math.abs(now() - time)
  const usable = () =>
    current !== undefined && since(current.loadedAt) < lives.maxAgeMs ? current : undefined

  async function loadOnce(): Promise<void> {
    attemptedAt = now()
    try {
      const value = await load(AbortSignal.timeout(lives.timeoutMs))
      current = { value, loadedAt: now() }
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

  function refreshBeside(): void {
    const pause = failure === undefined ? lives.freshMs : lives.cooldownMs
    if (attempt === undefined && since(attemptedAt) >= pause) void refresh()
  }

  return {
    refreshBeside,
    goodUntil: () => (current === undefined ? 0 : current.loadedAt + lives.maxAgeMs),
    async value() {
      if (usable() === undefined) {
        if (attempt !== undefined || since(attemptedAt) >= lives.retryMs) await refresh()
      } else if (since(attemptedAt) >= lives.waitMs) {
        await refresh()
      } else {
        refreshBeside()
      }
      const last = usable()
      if (last === undefined) throw failure ?? new Problem('identity_provider_unavailable')
      return last.value
    },
    async newerThan(value) {
      const isLast = () => usable()?.value === value
      if (isLast() && (attempt !== undefined || since(attemptedAt) >= lives.cooldownMs)) {
        await refresh()
      }
      return isLast() ? undefined : usable()?.value
    },
  }
}
