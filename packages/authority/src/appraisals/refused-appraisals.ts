import type { Logger } from 'pino'
import { AddressLimiter } from '../admin/address-limiter.ts'
import type { Store } from '../store/store.ts'
import type { AppraisalRow } from '../store/tables.ts'

const flushMs = 500
const maxPending = 500
/** What a flood of refusals may add to the store: in all, and from one address (a /64 for IPv6). */
const maxPerSecond = 20
const perAddress = { perSecond: 1 / 30, burst: 100 }
/** As many as SQLite takes parameters for in one statement, with room. */
const rowsPerInsert = 100

/**
 * Keeps refused appraisals, so that the report counts them and one command explains them. They are
 * written together twice a second; of a flood, what is above the limits is counted and dropped.
 */
export class RefusedAppraisals {
  readonly #store: Store
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  readonly #addresses = new AddressLimiter(perAddress)
  #pending: AppraisalRow[] = []
  #writing: Promise<void> = Promise.resolve()
  #dropped = 0
  #room = maxPending

  constructor(store: Store, log: Logger) {
    this.#store = store
    this.#log = log
    this.#timer = setInterval(() => {
      this.#room = Math.min(maxPending, this.#room + (maxPerSecond * flushMs) / 1_000)
      void this.flush()
    }, flushMs)
  }

  get dropped(): number {
    return this.#dropped
  }

  keep(row: AppraisalRow): void {
    if (this.#room < 1 || !this.#addresses.allows(row.address)) {
      this.#dropped++
      return
    }
    this.#room--
    this.#pending.push(row)
  }

  /** Everything kept so far is in the store when this resolves, or was dropped. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const rows = this.#pending
    if (rows.length === 0) return
    this.#pending = []
    try {
      await this.#store.write(async (store) => {
        for (let start = 0; start < rows.length; start += rowsPerInsert) {
          const some = rows.slice(start, start + rowsPerInsert)
          await store.insertInto('appraisals').values(some).execute()
        }
      })
    } catch (error) {
      this.#dropped += rows.length
      this.#log.warn({ err: error, count: rows.length }, 'refused appraisals could not be kept')
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
