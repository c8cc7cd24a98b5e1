import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Store } from './store.ts'
import type { Tables } from './tables.ts'

const flushMs = 500

export type FloodRecorderOptions<T> = {
  store: Store
  log: Logger
  /** For a person, in the plural: `decisions`. */
  what: string
  maxPending: number
  /** What a flood may add to the store. */
  maxPerSecond: number
  insert: (store: Kysely<Tables>, some: readonly T[]) => Promise<void>
}

/**
 * Keeps what strangers bring about and nobody waits for. It is written together twice a second; of a
 * flood, what is above the limits is counted and dropped.
 */
export class FloodRecorder<T> {
  readonly #options: FloodRecorderOptions<T>
  readonly #timer: NodeJS.Timeout
  #pending: T[] = []
  #writing: Promise<void> = Promise.resolve()
  #dropped = 0
  #room: number

  constructor(options: FloodRecorderOptions<T>) {
    const { maxPending, maxPerSecond } = options
    this.#options = options
    this.#room = maxPending
    this.#timer = setInterval(() => {
      this.#room = Math.min(maxPending, this.#room + (maxPerSecond * flushMs) / 1_000)
      void this.flush()
    }, flushMs)
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Keeps it, or counts it as dropped. */
  keep(one: T): void {
    if (this.#room < 1) {
      this.#dropped++
      return
    }
    this.#room--
    this.#pending.push(one)
  }

  /** Counts as dropped what was not even tried to be kept. */
  drop(): void {
    this.#dropped++
  }

  /** Everything kept so far is in the store when this resolves, or was dropped. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    const some = this.#pending
    if (some.length === 0) return
    this.#pending = []
    const { store, log, what, insert } = this.#options
    try {
      await store.write((tx) => insert(tx, some))
    } catch (error) {
      this.#dropped += some.length
      log.warn({ err: error, count: some.length }, `${what} could not be kept`)
    }
  }
}
