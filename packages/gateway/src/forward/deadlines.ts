/** Something that ends when its time is over. */
export interface Timed {
  /** On the clock of the `Deadlines` it is kept in, milliseconds. Infinity: none. */
  deadline: number
  /** Where it is kept; -1 where it is not. Written by `Deadlines` alone. */
  slot: number
  expired(now: number): void
}

/**
 * Many deadlines under one coarse timer. Requests come and go by the ten thousand a second, and hardly one of
 * them ever expires: keeping one costs two array writes, moving it one assignment, where a timer each would
 * cost more than the rest of a request's bookkeeping.
 */
export class Deadlines {
  /** The clock as of the last tick; at most `granularityMs` behind. */
  now: number
  readonly granularityMs: number
  readonly #clock: () => number
  readonly #kept: Timed[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(clock: () => number, granularityMs: number) {
    this.#clock = clock
    this.granularityMs = granularityMs
    this.now = clock()
  }

  add(timed: Timed): void {
    if (timed.slot !== -1) return
    timed.slot = this.#kept.length
    this.#kept.push(timed)
    if (this.#timer !== undefined) return
    this.now = this.#clock()
    this.#timer = setInterval(() => this.#tick(), this.granularityMs)
    // A deadline alone keeps no process alive: the socket that it watches does.
    this.#timer.unref()
  }

  remove(timed: Timed): void {
    const { slot } = timed
    if (slot === -1) return
    timed.slot = -1
    const last = this.#kept.pop()
    if (last === undefined || last === timed) return
    this.#kept[slot] = last
    last.slot = slot
  }

  #tick(): void {
    this.now = this.#clock()
    if (this.#kept.length === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    // Backwards: an entry that leaves is replaced by one that was looked at.
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const timed = this.#kept[index]
      if (timed !== undefined && timed.deadline <= this.now) timed.expired(this.now)
    }
  }
}
