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
 * thousand addresses waits behind whoever comes once.
 *
 * That is half of the turns, and of them the youngest goes first: whoever comes amid a flood is served at once. The
 * other half are of whoever has waited longest, wherever it comes from: with k before it a connection waits for
 * 2k + 1 turns at most, whoever comes after it. Youngest first alone (Maurer, "Fail at Scale", ACM Queue 2015)
 * would keep those waiting who came first, of a crowd that is honest and has one address, as behind a carrier's.
 */
export class WaitingConnections {
  readonly #maxWaiting: number
  readonly #ranks: WaitingConnection[][] = Array.from({ length: ranks }, () => [])
  readonly #begun = new Map<string, number>()
  #forgotAt = Number.NEGATIVE_INFINITY
  #waiting = 0
  #isTurnOfOldest = false

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
    const isOldest = this.#isTurnOfOldest
    this.#isTurnOfOldest = !isOldest
    return this.#removed(isOldest ? this.#rankOfOldest()?.shift() : this.#firstRank()?.pop())
  }

  /** Takes out those that have waited since before a time, at most so many: of the last rank first. */
  olderThan(time: number, most = Number.POSITIVE_INFINITY): WaitingConnection[] {
    const old: WaitingConnection[] = []
    for (const rank of this.#ranks.toReversed()) {
      const young = rank.findIndex(({ since }) => since >= time)
      const count = young === -1 ? rank.length : young
      old.push(...rank.splice(0, Math.min(count, most - old.length)))
    }
    this.#waiting -= old.length
    return old
  }

  #firstRank(): WaitingConnection[] | undefined {
    return this.#ranks.find((rank) => rank.length > 0)
  }

  /** Each rank is in the order of arrival. */
  #rankOfOldest(): WaitingConnection[] | undefined {
    const sinceOf = ([oldest]: readonly WaitingConnection[]) => oldest?.since ?? Infinity
    return this.#ranks.reduce((one, other) => (sinceOf(other) < sinceOf(one) ? other : one))
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
