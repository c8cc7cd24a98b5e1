import { type Report, toBase64url } from '@sallyport/wire'
import { type CountedShadow, ShadowCounts } from '../metrics/shadow-counts.ts'

/** What a report takes. */
const maxPerBatch = 1_000

/**
 * Counts on their way to the authority. They are added up there, so each must arrive once: a batch keeps
 * its number, and what is in it, until it is known to have arrived.
 */
export class ShadowBatches {
  readonly #waiting = new ShadowCounts()
  #batch: NonNullable<Report['shadow']> | undefined
  #number = 0

  put(counts: readonly CountedShadow[]): void {
    this.#waiting.put(counts)
  }

  /** The batch to be sent: the one before, where it is not known to have arrived. */
  take(): Report['shadow'] {
    if (this.#batch !== undefined) return this.#batch
    const counts = this.#waiting.take()
    if (counts.length === 0) return undefined
    this.#waiting.put(counts.slice(maxPerBatch))
    this.#batch = {
      batch: ++this.#number,
      counts: counts
        .slice(0, maxPerBatch)
        .map(({ devices, ...facts }) => ({ ...facts, devices: toBase64url(devices) })),
    }
    return this.#batch
  }

  /** The batch that was taken has arrived, or never will. */
  forget(): void {
    this.#batch = undefined
  }
}
