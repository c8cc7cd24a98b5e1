import { isMapped, networkOf, networkText, parseAddress } from '../addresses/network.ts'

/** One customer of IPv6 (RFC 6177). */
const customerBits = 64

/** How many connections of a worker come from each address; IPv6 by its /64. */
export class AddressCounts {
  readonly #counts = new Map<string, number>()

  /** Counts one more, unless there are as many as may be. @returns what to leave by; undefined where it is one too many */
  enter(address: string, maximum: number): string | undefined {
    const key = keyOf(address)
    const count = this.#counts.get(key) ?? 0
    if (count >= maximum) return undefined
    this.#counts.set(key, count + 1)
    return key
  }

  leave(key: string): void {
    const count = (this.#counts.get(key) ?? 1) - 1
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

function keyOf(address: string): string {
  const words = parseAddress(address)
  if (words === undefined || isMapped(words)) return address
  return networkText(networkOf(words, customerBits))
}
