import { isIPv6 } from 'node:net'
import { Problem } from '@sallyport/problem'

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

  /** @throws Problem `too_many_requests` */
  take(address: string): void {
    const now = this.#clock()
    const key = keyOf(address)
    const arrival = Math.max(this.#arrivals.get(key) ?? 0, now)
    if (arrival - now > this.#toleranceMs) throw tooMany(arrival - now - this.#toleranceMs)
    if (!this.#arrivals.has(key)) this.#makeRoom(now)
    this.#arrivals.set(key, arrival + this.#intervalMs)
  }

  #makeRoom(now: number): void {
    if (this.#arrivals.size < this.#maxAddresses) return
    for (const [key, arrival] of this.#arrivals) {
      if (arrival <= now) this.#arrivals.delete(key)
    }
    if (this.#arrivals.size >= this.#maxAddresses) throw tooMany(this.#intervalMs)
  }
}

function keyOf(address: string): string {
  if (!isIPv6(address)) return address
  if (address.startsWith('::ffff:')) return address.slice(7)
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}

function tooMany(waitMs: number): Problem {
  return new Problem('too_many_requests', { retryAfterSeconds: Math.ceil(waitMs / 1_000) })
}
