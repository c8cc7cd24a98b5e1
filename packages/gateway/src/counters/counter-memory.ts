import { randomBytes } from 'node:crypto'
import { keySecretBytes } from './counter-key.ts'
import { newOrigin, sharedClock } from './shared-clock.ts'
import { createSharedTable, SharedTable } from './shared-table.ts'

/** How many keys there is room for at once. A power of two is made of each. */
export type CounterSizes = {
  /** Of devices, users and tokens. */
  readonly provenKeys: number
  /** Of addresses, and of anything that a client claims. */
  readonly claimedKeys: number
  /** That may come once: proofs, nonces. */
  readonly replayKeys: number
  /** Of devices that are known to accounts. */
  readonly knownKeys: number
  /** Of requests under way that are limited in number. */
  readonly openKeys: number
}

/** Where keys go that find no room in the table of their own. */
const coarseKeys = 16_384
/** One for each limit of a configuration. */
const limitKeys = 4_096

/** A table of counts, and how much of each count is of which worker. */
export type OpenBuffers = { readonly table: SharedArrayBuffer; readonly shares: SharedArrayBuffer }

/** Tables for the keys of one kind: exact, coarser, and one key for each limit. */
export type TierBuffers = {
  readonly exact: SharedArrayBuffer
  readonly coarse: SharedArrayBuffer
  readonly limits: SharedArrayBuffer
  readonly open: OpenBuffers
}

export type CounterBuffers = {
  readonly proven: TierBuffers
  readonly claimed: TierBuffers
  readonly replay: SharedArrayBuffer
  readonly known: SharedArrayBuffer
}

/** What a worker is given of the counters: the same memory, and a number of its own. */
export type CounterSeat = {
  readonly buffers: CounterBuffers
  /** Of the clock that all threads share, monotonic milliseconds. */
  readonly originMs: number
  readonly secret: Uint8Array
  readonly worker: number
  /** Of this life of the worker: locks and shares hold it, and so does the lock of temporary blocks. */
  readonly owner: number
}

/** The main thread's own, when it takes locks in memory that threads share. */
export const mainOwner = 1

/** The memory of the counters, in the main thread: made once, handed to every worker, cleared after a dead one. */
export class CounterMemory {
  readonly #buffers: CounterBuffers
  readonly #originMs = newOrigin()
  readonly #secret = new Uint8Array(randomBytes(keySecretBytes))
  readonly #workers: number
  readonly #owners = new Map<number, number>()
  #lastOwner = mainOwner

  constructor(sizes: CounterSizes, workers: number) {
    this.#workers = workers
    const tier = (keys: number): TierBuffers => ({
      exact: createSharedTable(keys),
      coarse: createSharedTable(coarseKeys),
      limits: createSharedTable(limitKeys),
      open: openBuffers(sizes.openKeys, workers),
    })
    this.#buffers = {
      proven: tier(sizes.provenKeys),
      claimed: tier(sizes.claimedKeys),
      replay: createSharedTable(sizes.replayKeys),
      known: createSharedTable(sizes.knownKeys),
    }
  }

  /** For a worker that starts now. */
  seat(worker: number): CounterSeat {
    const owner = ++this.#lastOwner
    this.#owners.set(worker, owner)
    return {
      buffers: this.#buffers,
      originMs: this.#originMs,
      secret: this.#secret,
      worker,
      owner,
    }
  }

  /**
   * Releases what a worker held when it ended.
   *
   * @returns the number that it held it by
   */
  gone(worker: number): number | undefined {
    const owner = this.#owners.get(worker)
    if (owner === undefined) return undefined
    this.#owners.delete(worker)
    for (const buffer of this.#tables().values()) new SharedTable(buffer, mainOwner).release(owner)
    for (const { open } of [this.#buffers.proven, this.#buffers.claimed]) {
      takeBackShares(open, this.#workers, worker)
    }
    return owner
  }

  /** How full each table is, from 0 to 1. */
  fill(): Record<string, number> {
    const now = sharedClock(this.#originMs)()
    return Object.fromEntries(
      [...this.#tables()].map(([name, buffer]) => [
        name,
        new SharedTable(buffer, mainOwner).fill(now),
      ]),
    )
  }

  #tables(): Map<string, SharedArrayBuffer> {
    const { proven, claimed, replay, known } = this.#buffers
    const tables = new Map([
      ['replay', replay],
      ['known', known],
    ])
    for (const [name, tier] of Object.entries({ proven, claimed })) {
      tables.set(name, tier.exact)
      tables.set(`${name}_coarse`, tier.coarse)
      tables.set(`${name}_limits`, tier.limits)
      tables.set(`${name}_open`, tier.open.table)
    }
    return tables
  }
}

function openBuffers(keys: number, workers: number): OpenBuffers {
  const table = createSharedTable(keys)
  const { slots } = new SharedTable(table, mainOwner)
  return { table, shares: new SharedArrayBuffer(slots * workers * 4) }
}

function takeBackShares({ table, shares }: OpenBuffers, workers: number, worker: number): void {
  const counts = new SharedTable(table, mainOwner)
  const all = new Int32Array(shares)
  for (let slot = 0; slot < counts.slots; slot++) {
    const share = all[slot * workers + worker] ?? 0
    if (share === 0) continue
    counts.lockSlot(slot)
    all[slot * workers + worker] = 0
    const left = (counts.counts[slot] ?? 0) - share
    counts.counts[slot] = left
    if (left <= 0) counts.until[slot] = 0
    counts.unlock(slot)
  }
}
