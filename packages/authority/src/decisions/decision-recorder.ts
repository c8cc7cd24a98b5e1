import type { DecisionRecord } from '@sallyport/wire'
import type { Logger } from 'pino'
import type { Store } from '../store/store.ts'
import { decisionRow } from './decision-row.ts'

const flushMs = 500
const maxPending = 1_000
/** What a flood of refusals may add to the store. */
const maxPerSecond = 50

/**
 * Keeps the authority's own refusals beside those of the gateways, so that one command explains both.
 * They are written together twice a second; of a flood, what is above 50 a second is counted and dropped.
 */
export class DecisionRecorder {
  readonly #store: Store
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #pending: DecisionRecord[] = []
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

  record(decision: DecisionRecord): void {
    if (this.#room < 1) {
      this.#dropped++
      return
    }
    this.#room--
    this.#pending.push(decision)
  }

  /** Everything recorded so far is in the store when this resolves, or was dropped. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const decisions = this.#pending
    if (decisions.length === 0) return
    this.#pending = []
    try {
      await this.#store.write(async (store) => {
        await store
          .insertInto('decisions')
          .values(decisions.map((decision) => decisionRow('authority', decision)))
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      })
    } catch (error) {
      this.#dropped += decisions.length
      this.#log.warn({ err: error, count: decisions.length }, 'decisions could not be kept')
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
