import type { DecisionRecord } from '@sallyport/wire'
import type { Logger } from 'pino'
import type { Store } from '../store/store.ts'
import { decisionRow } from './decision-row.ts'

const flushMs = 500
const maxPending = 1_000

/**
 * Keeps the authority's own refusals beside those of the gateways, so that one command explains both.
 * They are written together twice a second; under a flood the rest is counted and dropped.
 */
export class DecisionRecorder {
  readonly #store: Store
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #pending: DecisionRecord[] = []
  #dropped = 0

  constructor(store: Store, log: Logger) {
    this.#store = store
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), flushMs)
  }

  get dropped(): number {
    return this.#dropped
  }

  record(decision: DecisionRecord): void {
    if (this.#pending.length < maxPending) this.#pending.push(decision)
    else this.#dropped++
  }

  async flush(): Promise<void> {
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
