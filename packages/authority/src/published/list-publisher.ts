import { isProblem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import { runLeased } from '../work/leases.ts'
import { readListStates, whyDue } from './due-lists.ts'
import { issueList } from './issue-list.ts'
import type { ListName } from './published-addresses.ts'
import { ensureScopes } from './revocation-scopes.ts'
import { hasWithdrawn, publishWithdrawn } from './withdrawn-issuers.ts'

/** Changes that come together are on one list. */
const roundMs = 1_000
/** Who dies in the middle is followed by another authority after so long. */
const leaseMs = 15_000
/** However often long lists change, no greater part of the time goes into them. */
const busyPart = 1 / 4
/** After a failure, no longer than so after several, and where the key is not here. */
const retryMs = { first: 2_000, most: 300_000, elsewhere: 3_600_000 }

type Failing = { failures: number; notBefore: number }

/**
 * Keeps the lists of all CAs up to date: within seconds of a change, and long before they lapse. One
 * authority does it for all. What fails is told and tried again; the list that is published stays.
 */
export class ListPublisher {
  readonly #authority: Authority
  /** By list; `notBefore` in monotone milliseconds. */
  readonly #failing = new Map<string, Failing>()
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** Resolves after the first round, which each authority does: what certificates name is there. */
  async start(): Promise<void> {
    await this.round()
    this.#schedule(roundMs)
  }

  #schedule(waitMs: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#round = this.#leasedRound()
    }, waitMs)
  }

  async #leasedRound(): Promise<void> {
    const startedAt = performance.now()
    try {
      await runLeased(this.#authority, 'lists.issue', (signal) => this.round(signal), leaseMs)
    } catch (error) {
      this.#tell(error)
    }
    const tookMs = performance.now() - startedAt
    this.#schedule(Math.max(roundMs, tookMs / busyPart - tookMs))
  }

  /** Issues what is due, one list after another. Never rejects. */
  async round(signal?: AbortSignal): Promise<void> {
    const { store, now, config } = this.#authority
    try {
      await ensureScopes(this.#authority)
      if (await hasWithdrawn(store.read)) {
        await store.write((tx) => publishWithdrawn(tx, Math.floor(now())))
      }
      const listHours = config.authority.status?.listHours ?? Number.POSITIVE_INFINITY
      for (const state of await readListStates(store.read, now())) {
        if (this.#isClosed || signal?.aborted === true) return
        const reason = whyDue(state, { now: now(), listMs: listHours * 3_600_000 })
        if (reason !== undefined) await this.#issue(state, reason)
      }
    } catch (error) {
      this.#tell(error)
    }
  }

  /** Neither lease nor store can be had: nothing was even tried. */
  #tell(error: unknown): void {
    this.#count()
    this.#authority.log.error({ err: error }, 'REVOCATION LISTS CANNOT BE LOOKED AFTER')
  }

  #count(): void {
    const help = 'Revocation lists that could not be issued'
    this.#authority.metrics.count('sallyport_authority_revocation_list_failures_total', help, {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#round
  }

  async #issue(name: ListName & { appId: string | undefined }, reason: string): Promise<void> {
    const { log, metrics } = this.#authority
    const { issuerId, shard, appId } = name
    const key = `${issuerId} ${shard}`
    const failing = this.#failing.get(key)
    const startedAt = performance.now()
    if (failing !== undefined && startedAt < failing.notBefore) return
    try {
      const isPublished = await issueList(this.#authority, name)
      const tookMs = performance.now() - startedAt
      this.#failing.delete(key)
      if (!isPublished) return
      const help = 'Revocation lists that were issued, by why'
      metrics.count('sallyport_authority_revocation_lists_total', help, { reason })
      log.debug({ appId, issuerId, shard, reason, tookMs }, 'revocation list was issued')
    } catch (error) {
      const failures = (failing?.failures ?? 0) + 1
      if (appId === undefined && isProblem(error) && error.code === 'key_missing') {
        this.#failing.set(key, { failures, notBefore: performance.now() + retryMs.elsewhere })
        if (failures > 1) return
        return log.info({ issuerId }, 'the key of a root is not here: its list is made where it is')
      }
      const waitMs = Math.min(retryMs.most, retryMs.first * 2 ** (failures - 1))
      this.#failing.set(key, { failures, notBefore: performance.now() + waitMs })
      this.#count()
      log.error(
        { err: error, appId, issuerId, shard, reason, failures },
        'REVOCATION LIST NOT ISSUED: the one before it is published still, until it lapses',
      )
    }
  }
}
