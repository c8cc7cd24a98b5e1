import { certificateId } from '../certificates/certificate-id.ts'
import type { Stapling } from '../configuration/certificate-plan.ts'
import type { Log } from '../log/log.ts'
import { demandsStapling, type StatusSource, statusSource } from './certificate-status-source.ts'
import { fetchOcspResponse } from './fetch-ocsp-response.ts'
import { type GoodResponse, readOcspResponse, revoked } from './ocsp-response.ts'

/** A host, and what it shows. */
export type StapledHost = {
  readonly host: string
  readonly stapling: Stapling
  /** PEM, with its chain. */
  readonly certificate: string
}

export type StapleKeeperOptions = {
  readonly log: Log
  /** There is another response, or none any more. */
  readonly onChange: () => void
  readonly now?: () => number
}

type Kept = {
  readonly host: string
  readonly source: StatusSource
  good: GoodResponse | undefined
  /** Milliseconds. */
  nextFetchAt: number
  failures: number
}

const lookMs = 5_000
const firstRetryMs = 30_000
const longestRetryMs = 3_600_000
const soonestRenewalMs = 60_000

/**
 * The OCSP responses that hosts staple: fetched here, so that no handshake waits for a responder, and no
 * phone tells the CA where it goes. The last good one serves until it ends; a bad one is never served.
 */
export class StapleKeeper {
  readonly #options: StapleKeeperOptions
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #kept = new Map<string, Kept>()
  #isWorking = false

  constructor(options: StapleKeeperOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#timer = setInterval(() => this.look(), lookMs)
    this.#timer.unref()
  }

  /** In DER, by certificate. */
  get staples(): Record<string, Uint8Array> {
    const now = this.#now()
    return Object.fromEntries(
      [...this.#kept].flatMap(([id, { good }]) =>
        good === undefined || good.nextUpdate <= now ? [] : [[id, good.der]],
      ),
    )
  }

  /** Until when the response of a host counts, in milliseconds. */
  endOf(certificate: string): number | undefined {
    return this.#kept.get(certificateId(certificate))?.good?.nextUpdate
  }

  /** Looks after these hosts in place of those before. What is known of a certificate stays known. */
  watch(hosts: readonly StapledHost[]): void {
    const kept = new Map<string, Kept>()
    for (const { host, stapling, certificate } of hosts) {
      if (stapling === 'off' || (stapling === 'auto' && !demandsStapling(certificate))) continue
      const id = certificateId(certificate)
      const source = statusSource(certificate)
      if (typeof source === 'string') {
        this.#options.log.warn({ host, why: source }, 'this host cannot staple an OCSP response')
        continue
      }
      const fresh = { host, source, good: undefined, nextFetchAt: 0, failures: 0 }
      kept.set(id, this.#kept.get(id) ?? fresh)
    }
    this.#kept = kept
    this.look()
  }

  /** Fetches what is due, one after the other. */
  look(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    void this.#work().finally(() => {
      this.#isWorking = false
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#kept.clear()
  }

  async #work(): Promise<void> {
    for (const [id, kept] of this.#kept) {
      const now = this.#now()
      if (kept.good !== undefined && kept.good.nextUpdate <= now) {
        kept.good = undefined
        this.#options.onChange()
      }
      if (now < kept.nextFetchAt) continue
      await this.#renew(kept)
      if (this.#kept.get(id) === kept) this.#options.onChange()
    }
  }

  async #renew(kept: Kept): Promise<void> {
    const { host, source } = kept
    const fetched = await fetchOcspResponse(source)
    const now = this.#now()
    const read = typeof fetched === 'string' ? fetched : readOcspResponse(fetched, source, now)
    if (typeof read !== 'string') {
      kept.good = read
      kept.failures = 0
      // Half of its life is left then to try again in.
      const halfLifeMs = (read.nextUpdate - read.thisUpdate) / 2
      kept.nextFetchAt = Math.max(read.thisUpdate + halfLifeMs, now + soonestRenewalMs)
      const until = new Date(read.nextUpdate).toISOString()
      this.#options.log.info({ host, until }, 'an OCSP response is stapled')
      return
    }
    kept.nextFetchAt = now + Math.min(longestRetryMs, firstRetryMs * 2 ** kept.failures++)
    // Whoever knows better than the last good response must not be contradicted by it.
    if (read === revoked) kept.good = undefined
    this.#options.log.error(
      { host, responder: source.url, why: read, hasOlder: kept.good !== undefined },
      'there is no new OCSP response to staple',
    )
  }
}
