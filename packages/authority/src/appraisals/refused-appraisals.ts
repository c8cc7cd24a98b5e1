import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { AddressLimiter } from '../admin/address-limiter.ts'
import { FloodRecorder } from '../store/flood-recorder.ts'
import type { Store } from '../store/store.ts'
import type { AppraisalRow, Tables } from '../store/tables.ts'

/** What one address (a /64 for IPv6) may add of a flood of refusals. */
const perAddress = { perSecond: 1 / 30, burst: 100 }
/** As many as SQLite takes parameters for in one statement, with room. */
const rowsPerInsert = 100

/** Keeps refused appraisals, so that the report counts them and one command explains them. */
export class RefusedAppraisals {
  readonly #addresses = new AddressLimiter(perAddress)
  readonly #recorder: FloodRecorder<AppraisalRow>

  constructor(store: Store, log: Logger) {
    const limits = { maxPending: 500, maxPerSecond: 20 }
    this.#recorder = new FloodRecorder({
      store,
      log,
      what: 'refused appraisals',
      insert: insertRows,
      ...limits,
    })
  }

  get dropped(): number {
    return this.#recorder.dropped
  }

  keep(row: AppraisalRow): void {
    if (this.#addresses.allows(row.address)) this.#recorder.keep(row)
    else this.#recorder.drop()
  }

  /** Everything kept so far is in the store when this resolves, or was dropped. */
  flush(): Promise<void> {
    return this.#recorder.flush()
  }

  close(): Promise<void> {
    return this.#recorder.close()
  }
}

async function insertRows(store: Kysely<Tables>, rows: readonly AppraisalRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerInsert) {
    const some = rows.slice(start, start + rowsPerInsert)
    await store.insertInto('appraisals').values(some).execute()
  }
}
