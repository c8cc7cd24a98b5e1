import type { CounterKey } from './counter-key.ts'
import { CountersUnavailable } from './counters.ts'

/** Slots that share a lock. A key may stand in two such buckets. */
const bucketSlots = 16
const keyWords = 4
const headerBytes = 64

/** Beyond it a thread that waits for a lock lets others have its core. */
const spins = 200
const patienceMs = 1_000

/** The shape of a table, to be read by every thread that is given its buffer. */
type Layout = {
  readonly slots: number
  readonly buckets: number
  readonly locksAt: number
  readonly untilAt: number
  readonly countsAt: number
  readonly keysAt: number
  readonly bytes: number
}

function layout(wanted: number): Layout {
  let slots = bucketSlots * 2
  while (slots < wanted) slots *= 2
  const buckets = slots / bucketSlots
  const untilAt = headerBytes
  const countsAt = untilAt + slots * 8
  const locksAt = countsAt + slots * 4
  const keysAt = locksAt + buckets * 4
  return {
    slots,
    buckets,
    locksAt,
    untilAt,
    countsAt,
    keysAt,
    bytes: keysAt + slots * keyWords * 4,
  }
}

/** Memory for so many keys, all of it empty. The next power of two is made of the number; a slot takes 28 bytes. */
export function createSharedTable(keys: number): SharedArrayBuffer {
  const { slots, bytes } = layout(keys)
  const buffer = new SharedArrayBuffer(bytes)
  new Int32Array(buffer, 0, 1)[0] = slots
  return buffer
}

/**
 * A time and a count by key, shared by all threads and exact over them: a hash table in one
 * SharedArrayBuffer. A slot whose time is past is free, for any key; one whose time is to come is never
 * given away, and a key that finds no room gets none.
 *
 * A key stands in one of two buckets of 16 slots. Whoever changes a slot holds the lock of its bucket;
 * whoever adds a key holds both, the lower first, so that a key never stands in two places. A lock holds the
 * number of its owner, so that what a dead thread held can be released. In every moment of a change the
 * table is whole: the time of a slot is written last.
 */
export class SharedTable {
  /** Nanoseconds of the shared clock, by slot. To be touched between `lock` and `unlock` alone. */
  readonly until: Float64Array
  readonly counts: Int32Array
  /** How often this thread found no room for a key. */
  overflows = 0
  readonly #locks: Int32Array
  readonly #keys: Int32Array
  readonly #slots: number
  readonly #buckets: number
  readonly #owner: number

  /** @param owner a number of this thread's own, above 0 */
  constructor(buffer: SharedArrayBuffer, owner: number) {
    const shape = layout(new Int32Array(buffer, 0, 1)[0] ?? 0)
    const { slots, buckets } = shape
    this.#slots = slots
    this.#buckets = buckets
    this.#owner = owner
    this.until = new Float64Array(buffer, shape.untilAt, slots)
    this.counts = new Int32Array(buffer, shape.countsAt, slots)
    this.#locks = new Int32Array(buffer, shape.locksAt, buckets)
    this.#keys = new Int32Array(buffer, shape.keysAt, slots * keyWords)
  }

  /**
   * Finds the slot of a key, or makes it one, and locks it. What is under `until` of a new one is past.
   *
   * @returns the slot, to be unlocked before anything is waited for; -1 where there is no room for the key
   * @throws CountersUnavailable where another thread keeps the lock for a second
   */
  lock(key: CounterKey, now: number): number {
    const { one, other } = this.#bucketsOf(key)
    let found = this.#lockFound(key, one)
    if (found < 0 && other !== one) found = this.#lockFound(key, other)
    if (found >= 0) return found
    const slot = this.#lockAdded(key, now, one, other)
    if (slot < 0) this.overflows++
    return slot
  }

  /** Locks the slot of a key; -1 where it has none. */
  lockKnown(key: CounterKey): number {
    const { one, other } = this.#bucketsOf(key)
    const found = this.#lockFound(key, one)
    if (found >= 0 || one === other) return found
    return this.#lockFound(key, other)
  }

  /** Locks a slot, whatever its key. */
  lockSlot(slot: number): void {
    this.#acquire(Math.floor(slot / bucketSlots))
  }

  unlock(slot: number): void {
    Atomics.store(this.#locks, Math.floor(slot / bucketSlots), 0)
  }

  /** Releases what a thread held that is no more. */
  release(owner: number): void {
    for (let index = 0; index < this.#locks.length; index++) {
      if (Atomics.load(this.#locks, index) === owner) {
        Atomics.compareExchange(this.#locks, index, owner, 0)
      }
    }
  }

  /** The part of the slots that is taken, from a sample where there are many. */
  fill(now: number): number {
    const sample = Math.min(this.#slots, 65_536)
    let taken = 0
    for (let slot = 0; slot < sample; slot++) if ((this.until[slot] ?? 0) > now) taken++
    return taken / sample
  }

  get slots(): number {
    return this.#slots
  }

  #bucketsOf({ first, second }: CounterKey): { readonly one: number; readonly other: number } {
    const mask = this.#buckets - 1
    return { one: first & mask, other: second & mask }
  }

  // A look without a lock may see half a key: what it finds is looked at again behind the lock, and what it
  // does not find is looked for again behind both.
  #lockFound(key: CounterKey, bucket: number): number {
    const slot = this.#find(key, bucket)
    if (slot < 0) return -1
    this.#acquire(bucket)
    if (this.#isAt(key, slot)) return slot
    Atomics.store(this.#locks, bucket, 0)
    return -1
  }

  #lockAdded(key: CounterKey, now: number, one: number, other: number): number {
    const lower = Math.min(one, other)
    const higher = Math.max(one, other)
    this.#acquire(lower)
    if (higher !== lower) {
      try {
        this.#acquire(higher)
      } catch (error) {
        Atomics.store(this.#locks, lower, 0)
        throw error
      }
    }
    let slot = this.#find(key, lower)
    if (slot < 0 && higher !== lower) slot = this.#find(key, higher)
    if (slot < 0) {
      slot = this.#freeSlot(now, lower, higher)
      if (slot >= 0) this.#write(key, slot)
    }
    const kept = slot < 0 ? -1 : Math.floor(slot / bucketSlots)
    if (lower !== kept) Atomics.store(this.#locks, lower, 0)
    if (higher !== lower && higher !== kept) Atomics.store(this.#locks, higher, 0)
    return slot
  }

  // The emptier bucket of two: so both fill up evenly, to more than nine tenths before one is full.
  #freeSlot(now: number, one: number, other: number): number {
    let best = -1
    let bestFree = 0
    for (const bucket of one === other ? [one] : [one, other]) {
      let free = 0
      let slot = -1
      for (let at = bucket * bucketSlots; at < (bucket + 1) * bucketSlots; at++) {
        if ((this.until[at] ?? 0) > now) continue
        free++
        slot = at
      }
      if (free <= bestFree) continue
      bestFree = free
      best = slot
    }
    return best
  }

  #write({ first, second, third, fourth }: CounterKey, slot: number): void {
    const at = slot * keyWords
    this.until[slot] = 0
    this.counts[slot] = 0
    this.#keys[at] = first
    this.#keys[at + 1] = second
    this.#keys[at + 2] = third
    this.#keys[at + 3] = fourth
  }

  #find(key: CounterKey, bucket: number): number {
    const { first } = key
    const keys = this.#keys
    const start = bucket * bucketSlots
    for (let slot = start; slot < start + bucketSlots; slot++) {
      if (keys[slot * keyWords] === first && this.#isAt(key, slot)) return slot
    }
    return -1
  }

  #isAt({ first, second, third, fourth }: CounterKey, slot: number): boolean {
    const keys = this.#keys
    const at = slot * keyWords
    return (
      keys[at] === first &&
      keys[at + 1] === second &&
      keys[at + 2] === third &&
      keys[at + 3] === fourth
    )
  }

  #acquire(lock: number): void {
    for (let spin = 0; spin < spins; spin++) {
      if (Atomics.compareExchange(this.#locks, lock, 0, this.#owner) === 0) return
    }
    const patience = performance.now() + patienceMs
    while (performance.now() < patience) {
      const holder = Atomics.compareExchange(this.#locks, lock, 0, this.#owner)
      if (holder === 0) return
      // Nobody wakes us: locks are held for less than a microsecond, unless their thread lost its core.
      Atomics.wait(this.#locks, lock, holder, 1)
    }
    throw new CountersUnavailable('a lock of the shared counters was held for a second')
  }
}
