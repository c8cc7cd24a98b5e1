import type { Logger } from 'pino'
import { coalesced } from './coalesced.ts'
import { RefreshClock } from './refresh-clock.ts'

/** What came of one attempt. */
export type Attempt =
  | { readonly outcome: 'held'; readonly maxAgeSeconds?: number | undefined }
  /** Nothing is to be done now, or by this configuration. */
  | { readonly outcome: 'idle' }
  | { readonly outcome: 'failed' }

export type PeriodicRefreshOptions = {
  /** What goes wrong is said by it. */
  attempt: () => Promise<Attempt>
  intervalMs: () => number
  now: () => number
  log: Logger
}

/** Milliseconds since 1970; undefined: not yet. */
export type RefreshTimes = {
  readonly attemptedAt: number | undefined
  /** When the publisher was last heard. */
  readonly heldAt: number | undefined
  readonly nextAt: number | undefined
}

/** Does something at once, and again and again. */
export class PeriodicRefresh {
  readonly #options: PeriodicRefreshOptions
  readonly #clock = new RefreshClock()
  readonly #attempts = coalesced(() => this.#attempt())
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #attemptedAt: number | undefined
  #heldAt: number | undefined
  #nextAt: number | undefined

  constructor(options: PeriodicRefreshOptions) {
    this.#options = options
  }

  get times(): RefreshTimes {
    return { attemptedAt: this.#attemptedAt, heldAt: this.#heldAt, nextAt: this.#nextAt }
  }

  /** Now: resolves after an attempt that began after this was called. */
  run(): Promise<void> {
    return this.#attempts.run()
  }

  /** Ends when the attempt under way does. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#attempts.idle()
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    const { now } = this.#options
    const intervalMs = this.#options.intervalMs()
    this.#attemptedAt = now()
    const attempt = await this.#outcome()
    if (attempt.outcome === 'held') this.#heldAt = now()
    if (this.#isClosed) return
    const waitMs =
      attempt.outcome === 'failed'
        ? this.#clock.afterFailure({ intervalMs })
        : this.#clock.afterSuccess(attempt.outcome === 'held' ? attempt.maxAgeSeconds : undefined, {
            intervalMs,
          })
    this.#nextAt = now() + waitMs
    this.#timer = setTimeout(() => void this.run(), waitMs)
  }

  async #outcome(): Promise<Attempt> {
    try {
      return await this.#options.attempt()
    } catch (error) {
      this.#options.log.error({ err: error }, 'roots and status list cannot be refreshed')
      return { outcome: 'failed' }
    }
  }
}
