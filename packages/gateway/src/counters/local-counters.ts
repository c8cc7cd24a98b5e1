import { type CounterKey, type KeyMaker, keyMaker } from './counter-key.ts'
import type { CounterSeat } from './counter-memory.ts'
import {
  type Claim,
  type Counters,
  CountersUnavailable,
  type Standing,
  type Taken,
} from './counters.ts'
import { giveBackLocally, takeLocally } from './local-limit.ts'
import { sharedClock } from './shared-clock.ts'
import { SharedTable } from './shared-table.ts'
import { type Tier, tierOf } from './tier.ts'

/** Counts in the memory that the threads of this process share. Answers at once, always. */
export class LocalCounters implements Counters {
  readonly #keys: KeyMaker
  readonly #now: () => number
  readonly #proven: Tier
  readonly #claimed: Tier
  readonly #replay: SharedTable
  readonly #known: SharedTable

  constructor({ buffers, originMs, secret, worker, owner }: CounterSeat) {
    this.#keys = keyMaker(secret)
    this.#now = sharedClock(originMs)
    this.#proven = tierOf(buffers.proven, owner, worker)
    this.#claimed = tierOf(buffers.claimed, owner, worker)
    this.#replay = new SharedTable(buffers.replay, owner)
    this.#known = new SharedTable(buffers.known, owner)
  }

  keyOf(parts: readonly string[], coarseParts?: readonly string[]): CounterKey {
    return this.#keys.ofParts(parts, coarseParts)
  }

  once(key: Uint8Array, untilMs: number): boolean {
    const now = this.#now()
    const until = now + (untilMs - Date.now()) * 1e6
    // Too old to be taken: whoever asks has refused it already, or is about to.
    if (until <= now) return false
    const slot = this.#replay.lock(this.#keys.ofBytes(key), now)
    if (slot < 0) throw new CountersUnavailable('the table of what may come once is full')
    const isFirst = (this.#replay.until[slot] ?? 0) <= now
    if (isFirst) this.#replay.until[slot] = until
    this.#replay.unlock(slot)
    return isFirst
  }

  take(claims: readonly Claim[]): Taken {
    const now = this.#now()
    const standings: Standing[] = []
    for (let index = 0; index < claims.length; index++) {
      const claim = claims[index] as Claim
      const standing = takeLocally(this.#tier(claim), claim, this.#keys, now)
      standings.push(standing)
      if (standing.isAdmitted) continue
      for (let before = index - 1; before >= 0; before--) {
        this.giveBack(claims[before] as Claim, standings[before] as Standing)
      }
      return { standings, refused: index }
    }
    return { standings, refused: -1 }
  }

  giveBack(claim: Claim, standing: Standing): void {
    giveBackLocally(this.#tier(claim), claim, standing, this.#keys, this.#now())
  }

  forget(key: CounterKey, isProven: boolean): void {
    const { exact } = isProven ? this.#proven : this.#claimed
    const slot = exact.lockKnown(key)
    if (slot < 0) return
    exact.counts[slot] = 0
    exact.until[slot] = 0
    exact.unlock(slot)
  }

  remembers(key: CounterKey): boolean {
    const now = this.#now()
    const slot = this.#known.lockKnown(key)
    if (slot < 0) return false
    const isKnown = (this.#known.until[slot] ?? 0) > now
    this.#known.unlock(slot)
    return isKnown
  }

  // A full table forgets nobody: the device is a stranger the next time, and held to the limits of strangers.
  remember(key: CounterKey, untilMs: number): void {
    const now = this.#now()
    const slot = this.#known.lock(key, now)
    if (slot < 0) return
    this.#known.until[slot] = now + (untilMs - Date.now()) * 1e6
    this.#known.unlock(slot)
  }

  /** How often this thread found no room, by table. */
  overflows(): Record<string, number> {
    return {
      replay: this.#replay.overflows,
      known: this.#known.overflows,
      proven: this.#proven.exact.overflows + this.#proven.open.overflows,
      claimed: this.#claimed.exact.overflows + this.#claimed.open.overflows,
      proven_coarse: this.#proven.coarse.overflows,
      claimed_coarse: this.#claimed.coarse.overflows,
    }
  }

  #tier({ isProven }: Claim): Tier {
    return isProven ? this.#proven : this.#claimed
  }
}
