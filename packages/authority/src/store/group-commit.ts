import { isProblem, Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Writer } from './engine.ts'
import type { Tables } from './tables.ts'

/**
 * One write: everything in it is committed, or nothing. It only reads and writes through `store`; it
 * never waits for anything else, since every other write waits for it.
 */
export type Write<T> = (store: Kysely<Tables>) => Promise<T>

export type GroupCommitOptions = {
  writer: Writer
  /** Asked first in each transaction: what it throws refuses the whole group. */
  refuse?: (store: Kysely<Tables>) => Promise<void>
  /** Told after each group: how many writes it held, how long the commit took, whether it held. */
  onGroup?: (group: { writes: number; commitMs: number; committed: boolean }) => void
}

/** Who waited longer for a store that is away has gone, or is better told to come again. */
const maxWaitMs = 10_000

type Outcome = () => void
type Waiting = {
  since: number
  run: () => Promise<Outcome>
  fail: (error: unknown) => void
}

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
      this.#waiting.push({
        since: performance.now(),
        run: async () => {
          const value = await write(this.#options.writer.store)
          return () => resolve(value)
        },
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
    const { writer, onGroup } = this.#options
    while (this.#waiting.length > 0) {
      // Lets every request that has already arrived join the group.
      await new Promise(setImmediate)
      const group = this.#inTime(this.#waiting.splice(0, writer.maxWritesPerGroup))
      if (group.length === 0) continue
      const startedAt = performance.now()
      const { committed, settle } = await this.#commit(group)
      // First, so that whoever is answered finds it told.
      onGroup?.({ writes: group.length, commitMs: performance.now() - startedAt, committed })
      for (const answer of settle) answer()
    }
    this.#running = undefined
  }

  #inTime(group: readonly Waiting[]): readonly Waiting[] {
    const earliest = performance.now() - maxWaitMs
    return group.filter(({ since, fail }) => {
      if (since >= earliest) return true
      fail(
        new Problem('store_unavailable', {
          expected: `a turn to write within ${maxWaitMs / 1_000} seconds`,
          found: 'a store that is slow, or away',
          retryAfterSeconds: 5,
        }),
      )
      return false
    })
  }

  /** @returns what answers each write */
  async #commit(group: readonly Waiting[]): Promise<{ committed: boolean; settle: Outcome[] }> {
    const { writer, refuse } = this.#options
    const settle: Outcome[] = []
    try {
      await writer.begin()
      await refuse?.(writer.store)
      for (const write of group) settle.push(await this.#runOne(write))
      await writer.commit()
      return { committed: true, settle }
    } catch (error) {
      await writer.abandon()
      return {
        committed: false,
        settle: group.map(
          ({ fail }) =>
            () =>
              fail(error),
        ),
      }
    }
  }

  async #runOne(write: Waiting): Promise<Outcome> {
    const { writer } = this.#options
    await writer.savepoint()
    try {
      const settle = await write.run()
      await writer.keep()
      return settle
    } catch (error) {
      // The store itself failed: no write of this group can be answered.
      if (isProblem(error) && error.code === 'store_unavailable') throw error
      await writer.undo()
      return () => write.fail(error)
    }
  }
}
