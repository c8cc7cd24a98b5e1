import type { Holders } from './holders.ts'

/** So long strangers wait for holders who are at work: longer than one of them takes who is alone. */
const defaultMaxRestMs = 25
/** While holders are at work for longer, strangers have one part in so many of the time of the event loop. */
const share = 3
/** A round that lasted longer was not theirs alone. */
const maxRoundMs = 10
const lookMs = 1
/** Rounds with an arrival that are passed over, at most, so that arrivals without end starve nobody. */
const maxPassed = 16

/** `maxRestMs`: how long strangers wait at most for holders who are at work, before they share the time with them. */
export type TurnsOptions = { readonly maxRestMs?: number }

/**
 * Turns of strangers: one in each round of the event loop. Whatever they bring costs signatures, and runs to its
 * end once it has begun: a hundred of them in one round would be a tenth of a second in which nobody is
 * answered. An idle loop turns in microseconds, so that turns hold nobody up unless there is a flood.
 *
 * A round accepts one connection (libuv since 1.45), and whoever is not accepted yet stands in the queue of the
 * kernel, where nobody goes before anybody: rounds in which someone arrived are kept short.
 */
export class Turns {
  readonly #holders: Pick<Holders, 'areAtWork' | 'arrivals'>
  readonly #maxRestMs: number
  #isTaken = false
  #isPassing = false
  #passed = 0
  #arrivals = 0
  #takenAt = Number.NEGATIVE_INFINITY
  #holdersBeganAt: number | undefined
  #roundMs = 0
  #isResting = false

  constructor(
    holders: Pick<Holders, 'areAtWork' | 'arrivals'>,
    { maxRestMs = defaultMaxRestMs }: TurnsOptions = {},
  ) {
    this.#holders = holders
    this.#maxRestMs = maxRestMs
  }

  /**
   * Takes the turn of this round, if it is free.
   *
   * @param again called when it may be free
   */
  take(again: () => void): boolean {
    if (this.#isTaken || this.#isPassing || this.#isResting) return false
    if (this.#passes(again)) return false
    const now = performance.now()
    if (this.#restsFor(now)) {
      this.#isResting = true
      setTimeout(() => {
        this.#isResting = false
        again()
      }, lookMs)
      return false
    }
    this.#isTaken = true
    this.#takenAt = now
    setImmediate(() => {
      this.#isTaken = false
      this.#roundMs = Math.min(performance.now() - now, maxRoundMs)
      again()
    })
    return true
  }

  #restsFor(now: number): boolean {
    if (!this.#holders.areAtWork) {
      this.#holdersBeganAt = undefined
      return false
    }
    this.#holdersBeganAt ??= now
    return (
      now - this.#holdersBeganAt < this.#maxRestMs || now - this.#takenAt < this.#roundMs * share
    )
  }

  /** Whether somebody arrived since the last look: then this round is over for strangers. */
  #passes(again: () => void): boolean {
    const { arrivals } = this.#holders
    if (arrivals === this.#arrivals || this.#passed >= maxPassed) {
      this.#arrivals = arrivals
      this.#passed = 0
      return false
    }
    this.#arrivals = arrivals
    this.#passed++
    this.#isPassing = true
    setImmediate(() => {
      this.#isPassing = false
      again()
    })
    return true
  }
}
