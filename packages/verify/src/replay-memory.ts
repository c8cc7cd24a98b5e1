import { Refusal } from './refusal.ts'

const sweepMs = 1_000

/** Which assertions were taken, each until it has expired. Never forgets one that still counts. */
export class ReplayMemory {
  readonly #max: number
  readonly #seen = new Map<string, number>()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  /** @throws Refusal `assertion_replayed`, `replay_memory_full` */
  take(key: string, until: number, now: number): void {
    if ((this.#seen.get(key) ?? 0) >= now) {
      throw new Refusal('assertion_replayed', 'the same assertion came before')
    }
    if (this.#seen.size >= this.#max) this.#sweep(now)
    if (this.#seen.size >= this.#max) {
      throw new Refusal('replay_memory_full', `${this.#max} assertions are remembered`)
    }
    this.#seen.delete(key)
    this.#seen.set(key, until)
    if (now - this.#sweptAt >= sweepMs) this.#sweep(now)
  }

  // Lives differ by a minute at most: nearly all that is over stands in front.
  #sweep(now: number): void {
    this.#sweptAt = now
    for (const [key, until] of this.#seen) {
      if (until < now) this.#seen.delete(key)
    }
  }
}
