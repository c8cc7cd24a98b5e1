/**
 * Further from the pace of this machine's clock than this, and the stream is begun anew: either one of the
 * clocks was set, or somebody hands on late what was signed long ago.
 */
const toleranceMs = 30_000

/** What is signed does not keep step with the time that passes here. */
export class FeedOutOfStep extends Error {}

/**
 * How old what is heard is, whatever the two clocks say. The greeting of a stream holds a nonce that this gateway
 * made: it was signed after that. From then on the authority's times must rise as fast as the monotonic clock
 * here does. Whoever repeats or withholds messages makes them late, and lateness is age.
 */
export class FeedFreshness {
  #base: { readonly at: number; readonly here: number } | undefined
  readonly #monotonic: () => number

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** @param at milliseconds, as in a greeting that is verified and holds our nonce */
  greeted(at: number): void {
    this.#base = { at, here: this.#monotonic() }
  }

  /**
   * @param at of a message that is verified, on the stream that was greeted
   * @returns how late it is, milliseconds
   * @throws FeedOutOfStep
   */
  lateness(at: number): number {
    const lateMs = this.now() - at
    if (Math.abs(lateMs) > toleranceMs) {
      throw new FeedOutOfStep(`what was heard is ${Math.round(lateMs / 1_000)} s late`)
    }
    return Math.max(0, lateMs)
  }

  /** The authority's clock, as far as it is known: this machine's own before the first greeting. */
  now(): number {
    if (this.#base === undefined) return Date.now()
    return this.#base.at + (this.#monotonic() - this.#base.here)
  }
}
