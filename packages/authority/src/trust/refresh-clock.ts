/** How often something is asked for. */
export type RefreshClockOptions = {
  intervalMs: number
  /** In [0, 1). */
  random?: () => number
}

const firstRetryMs = 30_000
/** A publisher may ask for more patience than the interval, but only this many times as much. */
const maxPatience = 4
/** Authorities that were started together part by this much. */
const jitter = 0.2

/** How long to wait until the next attempt, by what came of the last. */
export class RefreshClock {
  #failures = 0

  /** After a failure: twice as long each time, never longer than the interval. */
  afterFailure({ intervalMs, random = Math.random }: RefreshClockOptions): number {
    const backOffMs = firstRetryMs * 2 ** Math.min(this.#failures, 16)
    this.#failures++
    return spread(Math.min(backOffMs, intervalMs), random)
  }

  /** After an answer that stays good for a time, as the publisher states it. */
  afterSuccess(
    maxAgeSeconds: number | undefined,
    { intervalMs, random = Math.random }: RefreshClockOptions,
  ): number {
    this.#failures = 0
    const statedMs = (maxAgeSeconds ?? 0) * 1_000
    return spread(Math.min(Math.max(statedMs, intervalMs), maxPatience * intervalMs), random)
  }
}

function spread(milliseconds: number, random: () => number): number {
  return Math.round(milliseconds * (1 - jitter / 2 + jitter * random()))
}
