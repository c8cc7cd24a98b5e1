import type { Logger } from 'pino'
import type { Metrics } from '../operations/metrics.ts'
import type { Store } from '../store/store.ts'
import type { Leases } from '../work/leases.ts'
import { coalesced } from './coalesced.ts'
import type { Held } from './kept-document.ts'
import { countListed } from './listed-devices.ts'
import { recordStatusList } from './listed-serials.ts'
import { relistWhereStricter, type SweepPolicy } from './policy-change.ts'
import type { Handled } from './revoked-serials.ts'
import { sweepListedDevices } from './sweep.ts'
import type { ListedSerials } from './trust-documents.ts'

export type ListWatchOptions = {
  store: Store
  leases: Leases
  metrics: Metrics
  log: Logger
  now: () => number
  /** The status list in use. */
  list: () => Held<ListedSerials> | undefined
  policy: () => SweepPolicy
  /** Done at each round, first. */
  onRound: () => Promise<void>
}

/** What enrolled between two rounds while the list changed waits no longer than this. */
const everyMs = 15_000

/** The last round that held enrolled devices against the list to its end. */
export type LastSweep = { readonly endedAt: number; readonly durationMs: number }

/** Holds enrolled devices against the status list: after each change of it, and every few seconds. */
export class ListWatch {
  readonly #options: ListWatchOptions
  readonly #closing = new AbortController()
  readonly #rounds = coalesced(() => this.#try())
  #timer: NodeJS.Timeout | undefined
  #isPolicyNew = true
  #last: LastSweep | undefined

  constructor(options: ListWatchOptions) {
    this.#options = options
  }

  get lastSweep(): LastSweep | undefined {
    return this.#last
  }

  start(): void {
    this.#timer = setInterval(() => void this.#lookInTurn(), everyMs)
    void this.run()
  }

  /** The policy may be another one. */
  policyChanged(): void {
    this.#isPolicyNew = true
    void this.run()
  }

  /** Resolves after a round that began after this was called. */
  run(): Promise<void> {
    return this.#rounds.run()
  }

  /** Ends between two writes. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort()
    await this.#rounds.idle()
  }

  /** What is held is judged by each authority; enrolled devices are held against it by one of them. */
  async #lookInTurn(): Promise<void> {
    const { leases, log, onRound } = this.#options
    if (this.#closing.signal.aborted) return
    try {
      await onRound()
      await leases.run('trust.sweep', everyMs * 3, () => this.run())
    } catch (error) {
      log.error({ err: error }, 'devices cannot be held against the status list')
    }
  }

  async #try(): Promise<void> {
    if (this.#closing.signal.aborted) return
    try {
      await this.#round()
    } catch (error) {
      // Every step can be repeated: the next round does.
      this.#options.log.error({ err: error }, 'devices cannot be held against the status list')
    }
  }

  async #round(): Promise<void> {
    const { store, list, policy, now, onRound } = this.#options
    await onRound()
    const startedAt = performance.now()
    const held = list()
    if (held !== undefined) await this.#record(held)
    if (this.#isPolicyNew) {
      await relistWhereStricter(store, policy(), now())
      this.#isPolicyNew = false
    }
    const { signal } = this.#closing
    const handled = await sweepListedDevices({ store, policy: policy(), now, signal })
    if (signal.aborted) return
    const durationMs = Math.round(performance.now() - startedAt)
    this.#last = { endedAt: now(), durationMs }
    this.#tell(handled, durationMs)
  }

  async #record(held: Held<ListedSerials>): Promise<void> {
    const { store, log, now } = this.#options
    const change = await recordStatusList(store, held, now)
    if (change === undefined) return
    const { entered, left } = change
    log.info({ entered: entered.length, left: left.length }, 'the status list was taken up')
    if (left.length === 0) return
    const { lifted } = await countListed(store.read)
    if (lifted === 0) return
    log.warn(
      { devices: lifted },
      'attestation keys left the status list: devices that were suspended for them stay so until an operator resumes them',
    )
  }

  #tell(handled: Handled, durationMs: number): void {
    const { metrics, log } = this.#options
    const outcomes = Object.entries(handled).filter(([, devices]) => devices > 0)
    const help = 'Devices whose attestation key is listed, by what was done'
    for (const [outcome, devices] of outcomes) {
      metrics.count('sallyport_authority_listed_devices_total', help, { outcome }, devices)
    }
    if (outcomes.length > 0) {
      log.warn({ ...handled, durationMs }, 'devices rest on listed attestation keys')
    }
  }
}
