import type { Report } from '@sallyport/wire'
import type { KnownStatus } from './known-status.ts'

/** What a report takes. */
const maxPerReport = 500

type Unconfirmed = NonNullable<Report['unconfirmed']>
type KnownUnconfirmed = Pick<KnownStatus, 'epoch' | 'unconfirmed' | 'unconfirmedCount'>

/**
 * Tells the authority what this gateway goes on refusing from another epoch, page by page, and how much is left
 * of it whenever that has changed.
 */
export class UnconfirmedReports {
  readonly #known: KnownUnconfirmed
  #epoch = ''
  /** How many were told. */
  #told = 0
  #total = 0
  #taken = 0

  constructor(known: KnownUnconfirmed) {
    this.#known = known
  }

  /** What is still to be told; undefined where nothing is. */
  take(): Unconfirmed | undefined {
    const { epoch, unconfirmedCount: total } = this.#known
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#told = 0
      this.#total = 0
    }
    this.#taken = 0
    const isAllTold = this.#told >= total
    if (isAllTold && total === this.#total) return undefined
    // Where some went meanwhile, others moved up: from the beginning once more.
    if (total < this.#total && !isAllTold) this.#told = 0
    const found = isAllTold ? [] : this.#known.unconfirmed(this.#told, maxPerReport)
    this.#taken = found.length
    this.#total = total
    return { total, statuses: found.map(({ kind, key, entry }) => ({ kind, key, ...entry })) }
  }

  /** What was taken last has arrived. */
  arrived(): void {
    this.#told += this.#taken
    this.#taken = 0
  }

  /** Nobody heard what was taken last. */
  lost(): void {
    this.#taken = 0
    this.#total = -1
  }
}
