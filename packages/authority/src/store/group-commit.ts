import type { DatabaseSync } from 'node:sqlite'
import { isProblem, Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { storeError } from './store-error.ts'
import type { Tables } from './tables.ts'

/**
 * One write: everything in it is committed, or nothing. It only reads and writes through `store`; it
 * never waits for anything else, since every other write waits for it.
 */
export type Write<T> = (store: Kysely<Tables>) => Promise<T>

export type GroupCommitOptions = {
  database: DatabaseSync
  store: Kysely<Tables>
  /** Told after each group: how many writes it held, how long the commit took, whether it held. */
  onGroup?: (group: { writes: number; commitMs: number; committed: boolean }) => void
}

const maxWritesPerGroup = 256

type Waiting = { run: () => Promise<void>; settle: () => void; fail: (error: unknown) => void }

/**
 * Collects concurrent writes into one transaction, each in a savepoint of its own, so that one sync
 * of the disk answers them all. A write is settled after COMMIT, a refusal too: it may rest on a row
 * that another write of the group made.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** @throws Problem `store_unavailable` where the group could not be committed; what `write` throws */
  run<T>(write: Write<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new Problem('store_unavailable', { detail: 'The store is closed' }))
    }
    return new Promise<T>((resolve, reject) => {
      let outcome: () => void
      this.#waiting.push({
        run: async () => {
          try {
            const value = await write(this.#options.store)
            outcome = () => resolve(value)
          } catch (error) {
            outcome = () => reject(error)
            throw error
          }
        },
        settle: () => outcome(),
        fail: reject,
      })
      this.#running ??= this.#work()
    })
  }

  /** Finishes what waits. Later writes are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Lets every request that has already arrived join the group.
      await new Promise(setImmediate)
      const group = this.#waiting.splice(0, maxWritesPerGroup)
      const startedAt = performance.now()
      let committed = true
      try {
        await this.#commit(group)
      } catch (error) {
        committed = false
        const problem = storeError(error)
        for (const write of group) write.fail(problem)
      }
      this.#options.onGroup?.({
        writes: group.length,
        commitMs: performance.now() - startedAt,
        committed,
      })
    }
    this.#running = undefined
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const { database } = this.#options
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const write of group) await this.#runOne(write)
      database.exec('COMMIT')
    } catch (error) {
      // A full disk may have ended the transaction already (https://sqlite.org/lang_transaction.html).
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
    for (const write of group) write.settle()
  }

  async #runOne(write: Waiting): Promise<void> {
    const { database } = this.#options
    database.exec('SAVEPOINT one')
    try {
      await write.run()
    } catch (error) {
      const cause = storeError(error)
      // The store itself failed: no write of this group can be answered.
      if (isProblem(cause) && cause.code === 'store_unavailable') throw cause
      database.exec('ROLLBACK TO one')
    }
    database.exec('RELEASE one')
  }
}
