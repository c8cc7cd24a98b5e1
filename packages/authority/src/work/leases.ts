import type { Logger } from 'pino'
import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'

export type LeasesOptions = {
  store: Store
  log: Logger
  /** Names this process: no other has the same. */
  holder: string
  /** Milliseconds since 1970; by default that of the machine. */
  now?: () => number
}

/** Work that one authority does for all. It ends soon after `signal` does: another one is at it. */
export type LeasedWork = (signal: AbortSignal) => Promise<unknown>

/**
 * Does work by the clock, unless another authority holds its lease.
 *
 * @param holdMs as of `Leases.run`
 * @returns whether it was done here
 */
export function runLeased(
  { leases }: { readonly leases: Leases },
  name: string,
  work: LeasedWork,
  holdMs = 30_000,
): Promise<boolean> {
  return leases.run(name, holdMs, work)
}

/** Held shorter than that, a lease could lapse between two renewals of it. */
const leastMs = 15_000

/**
 * Work by the clock is done by whoever holds its lease: a row with a time, by the clock of the store,
 * since those of authorities differ. Who dies or freezes is followed by another when the time is over.
 * Whatever is done twice for that is done in writes that can be repeated.
 */
export class Leases {
  readonly #options: LeasesOptions
  /** When each lease was last written that is held here; by a clock that only goes on. */
  readonly #held = new Map<string, number>()
  readonly #done = new Map<string, number>()

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** When each work was last done here to its end; milliseconds since 1970. */
  get done(): ReadonlyMap<string, number> {
    return this.#done
  }

  /**
   * Does the work, unless another authority holds its lease. Afterwards the lease is kept until its time, so
   * that of several authorities with the same timer one goes on doing it.
   *
   * @param holdMs how long it is held without a sign of life: longer than the time between two rounds
   * @returns whether it was done here
   */
  async run(name: string, holdMs: number, work: LeasedWork): Promise<boolean> {
    const heldMs = Math.max(holdMs, leastMs)
    if (!(await this.#take(name, heldMs))) return false
    const lost = new AbortController()
    const renewing = setInterval(() => void this.#renew(name, heldMs, lost), heldMs / 3)
    try {
      await work(lost.signal)
      this.#done.set(name, this.#options.now?.() ?? Date.now())
      return true
    } finally {
      clearInterval(renewing)
    }
  }

  /** Gives back what is held, so that others need not wait for it. */
  async close(): Promise<void> {
    const { store, holder, log } = this.#options
    if (this.#held.size === 0) return
    try {
      await store.write((tx) => tx.deleteFrom('leases').where('holder', '=', holder).execute())
    } catch (error) {
      log.warn({ err: error }, 'leases are not given back: others wait until they lapse')
    }
  }

  async #take(name: string, heldMs: number): Promise<boolean> {
    const { store } = this.#options
    const startedAt = performance.now()
    if (startedAt - (this.#held.get(name) ?? -Infinity) < heldMs / 2) return true
    // Most of the time another one holds it: that is found out without a write.
    if (!(await this.#isOpen(store.read, name))) {
      this.#held.delete(name)
      return false
    }
    const isTaken = await store.write(async (tx) => {
      if (!(await this.#isOpen(tx, name))) return false
      await this.#hold(tx, name, heldMs)
      return true
    })
    if (isTaken) this.#held.set(name, startedAt)
    else this.#held.delete(name)
    return isTaken
  }

  async #isOpen(store: Kysely<Tables>, name: string): Promise<boolean> {
    const { holder, store: of } = this.#options
    const other = await store
      .selectFrom('leases')
      .select('holder')
      .where('name', '=', name)
      .where('holder', '!=', holder)
      .where('until', '>', of.clock)
      .executeTakeFirst()
    return other === undefined
  }

  async #hold(tx: Kysely<Tables>, name: string, heldMs: number): Promise<void> {
    const { holder, store } = this.#options
    const until = sql<number>`${store.clock} + ${sql.lit(heldMs)}`
    await tx
      .insertInto('leases')
      .values({ name, holder, until })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ holder, until }))
      .execute()
  }

  async #renew(name: string, heldMs: number, lost: AbortController): Promise<void> {
    const { log } = this.#options
    try {
      if (await this.#take(name, heldMs)) return
      log.warn({ lease: name }, 'another authority took over: this one stood still for too long')
      lost.abort()
    } catch (error) {
      // The time goes on, and with it the lease: the next renewal may still come in time.
      log.warn({ err: error, lease: name }, 'a lease cannot be renewed')
    }
  }
}
