import { percentile } from '../report/statistics.ts'
import type { LoadResult } from './load.ts'

/**
 * Counts one run: how many may still begin, how many are done, and how long each took. The connections
 * of a load share it.
 */
export class Slots {
  readonly #count: number
  readonly #latencies: Float64Array
  readonly #begun = performance.now()
  readonly #whole = Promise.withResolvers<LoadResult>()
  #started = 0
  #done = 0

  /** @param count at least 1 */
  constructor(count: number) {
    this.#count = count
    this.#latencies = new Float64Array(count)
  }

  /** Settles when all are done, or one failed. */
  get whole(): Promise<LoadResult> {
    return this.#whole.promise
  }

  /** Whether one more may begin; it counts as begun. */
  take(): boolean {
    if (this.#started === this.#count) return false
    this.#started++
    return true
  }

  /** @param begunAt of performance.now() */
  done(begunAt: number): void {
    this.#latencies[this.#done++] = performance.now() - begunAt
    if (this.#done < this.#count) return
    this.#whole.resolve({
      count: this.#count,
      seconds: (performance.now() - this.#begun) / 1000,
      medianMs: percentile(this.#latencies, 0.5),
      p99Ms: percentile(this.#latencies, 0.99),
    })
  }

  fail(error: Error): void {
    this.#whole.reject(error)
  }
}
