import { Problem } from '@sallyport/problem'
import { networkOf } from '../enrollment/network-of.ts'

export type AddressLimiterOptions = {
  perSecond: number
  burst: number
  /** Addresses that are remembered at once. */
  maxAddresses?: number
  /** Monotonic milliseconds. */
  clock?: () => number
}

/**
 * A limit for each address (each /64 for IPv6), as GCRA: one number an address, the theoretical
 * arrival time of the next request. The table is bounded; where it is full of addresses that were
 * just active, an unknown one is refused rather than let through.
 */
export class AddressLimiter {
  readonly #intervalMs: number
  readonly #toleranceMs: number
  readonly #maxAddresses: number
  readonly #clock: () => number
  readonly #arrivals = new Map<string, number>()

  constructor({ perSecond, burst, maxAddresses, clock }: AddressLimiterOptions) {
    this.#intervalMs = 1_000 / perSecond
    this.#toleranceMs = this.#intervalMs * (burst - 1)
    this.#maxAddresses = maxAddresses ?? 10_000
    this.#clock = clock ?? (() => performance.now())
  }

  /** Whether an address has room, which is then taken. */
  allows(address: string): boolean {
    return this.#waitMs(address) === 0
  }

  /** @throws Problem `too_many_requests` */
  take(address: string): void {
    const waitMs = this.#waitMs(address)
    if (waitMs > 0) throw tooMany(waitMs)
  }

  /** How long until an address has room; 0 where it had, which is then taken. */
  #waitMs(address: string): number {
    const now = this.#clock()
    const key = networkOf(address)
    const arrival = Math.max(this.#arrivals.get(key) ?? 0, now)
    if (arrival - now > this.#toleranceMs) return arrival - now - this.#toleranceMs
    if (!this.#arrivals.has(key) && !this.#hasRoom(now)) return this.#intervalMs
    this.#arrivals.set(key, arrival + this.#intervalMs)
    return 0
  }

  #hasRoom(now: number): boolean {
    if (this.#arrivals.size < this.#maxAddresses) return true
    for (const [key, arrival] of this.#arrivals) {
      if (arrival <= now) this.#arrivals.delete(key)
    }
    return this.#arrivals.size < this.#maxAddresses
  }
}

function tooMany(waitMs: number): Problem {
  return new Problem('too_many_requests', { retryAfterSeconds: Math.ceil(waitMs / 1_000) })
}
