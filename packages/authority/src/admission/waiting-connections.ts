import type { Socket } from 'node:net'
import { networkOf } from '../enrollment/network-of.ts'

/** A connection that nothing was read of yet. */
export type WaitingConnection = {
  readonly socket: Socket
  readonly since: number
  readonly admit: () => void
}

/** Networks that began as many connections lately stand together; the last rank is of all that began more. */
const ranks = 4
const maxNetworks = 65_536
const forgetMs = 10_000

/**
 * Connections of strangers, bounded. Networks that began few connections lately go first, so that a flood from a
 * thousand addresses waits behind whoever comes once. Within a rank the youngest goes first: of a queue that is
 * longer than anyone's patience, the oldest have gone (Nichols and Jacobson, "Controlling Queue Delay", 2012, have
 * the reasons; Facebook's wangle serves requests so).
 */
export class WaitingConnections {
  readonly #maxWaiting: number
  readonly #ranks: WaitingConnection[][] = Array.from({ length: ranks }, () => [])
  readonly #begun = new Map<string, number>()
  #forgotAt = Number.NEGATIVE_INFINITY
  #waiting = 0

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  get size(): number {
    return this.#waiting
  }

  /** @returns whom there is no room for any more: the oldest of the last rank, which may be this one */
  add(connection: WaitingConnection, address: string): WaitingConnection | undefined {
    this.#ranks[this.#rankOf(networkOf(address), connection.since)]?.push(connection)
    this.#waiting++
    if (this.#waiting <= this.#maxWaiting) return undefined
    const last = this.#ranks.findLast((rank) => rank.length > 0)
    return this.#removed(last?.shift())
  }

  /** The one whose turn it is. */
  next(): WaitingConnection | undefined {
    return this.#removed(this.#ranks.find((rank) => rank.length > 0)?.pop())
  }

  /** Those that have waited since before a time. */
  olderThan(time: number): WaitingConnection[] {
    const old: WaitingConnection[] = []
    for (const rank of this.#ranks) {
      const young = rank.findIndex(({ since }) => since >= time)
      old.push(...rank.splice(0, young === -1 ? rank.length : young))
    }
    this.#waiting -= old.length
    return old
  }

  #removed(connection: WaitingConnection | undefined): WaitingConnection | undefined {
    if (connection !== undefined) this.#waiting--
    return connection
  }

  #rankOf(network: string, now: number): number {
    if (now - this.#forgotAt > forgetMs) {
      this.#begun.clear()
      this.#forgotAt = now
    }
    const before = this.#begun.get(network) ?? 0
    if (before > 0 || this.#begun.size < maxNetworks) this.#begun.set(network, before + 1)
    return Math.min(before, ranks - 1)
  }
}
