import {
  endSlot,
  finishSlots,
  head,
  lengthsInUse,
  readSlot,
  readWhere,
  slotAt,
  slotFor,
  slots,
  sweepSlots,
  tableBytes,
  type TemporaryBlock,
  writeSlot,
} from './block-slots.ts'
import { type AddressWords, type Network, networkOf } from './network.ts'

/**
 * Networks that are blocked for a time, in one SharedArrayBuffer: any thread adds one, and every thread
 * sees it from then on. How it lies there: `block-slots.ts`.
 *
 * Writers take turns by a lock, and never wait long for it; readers take none, and read a slot again by
 * its version. A slot whose time is over is used again; one that holds never is. The lock holds the
 * number of its owner, so that what a thread held that ended in the middle can be released.
 *
 * Time is that of the monotonic clock: a wall clock that is set forward would free whoever is blocked, and
 * one that is set back would block them for as long again. Blocks do not outlive the process.
 */
export type TemporaryBlocks = {
  /** Rises with each change. */
  readonly version: () => number
  readonly find: (words: AddressWords, now: number) => TemporaryBlock | undefined
  /** False: there is no room, or the lock could not be had. */
  readonly add: (block: TemporaryBlock, now: number) => boolean
  /**
   * Ends the blocks that cover a network, or lie within it.
   *
   * @returns how many
   */
  readonly lift: (network: Network, now: number) => number
  /** Those that hold, at most so many. */
  readonly list: (now: number, maximum: number) => TemporaryBlock[]
  /** Gives slots back whose time is over, and which no other is found by way of. Main thread, now and then. */
  readonly sweep: (now: number) => void
  /** Releases what a thread held that is no more, and finishes what it was writing. */
  readonly release: (owner: number) => void
}

const lockTries = 200

export function temporaryBlocksBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(tableBytes)
}

/** @param owner a number of this thread's own, above 0 */
export function temporaryBlocks(buffer: SharedArrayBuffer, owner: number): TemporaryBlocks {
  const words = new Int32Array(buffer)
  const bytes = new Uint8Array(buffer)
  return {
    version: () => Atomics.load(words, head.version),
    find: (address, now) => {
      if (Atomics.load(words, head.count) === 0) return undefined
      for (const length of lengthsInUse(words)) {
        const { words: key } = networkOf(address, length)
        const block = readWhere(words, bytes, { words: key, length })
        if (block !== undefined && block.until > now) return block
      }
      return undefined
    },
    add: (block, now) =>
      locked(words, owner, () => {
        const at = slotFor(words, block.network, now)
        if (at === undefined) return false
        writeSlot(words, bytes, at, block)
        return true
      }),
    lift: (network, now) => {
      let lifted = 0
      locked(words, owner, () => {
        for (let slot = 0; slot < slots; slot++) {
          const at = slotAt(slot)
          const block = readSlot(words, bytes, at)
          if (block === undefined || block.until <= now || !overlap(block.network, network))
            continue
          endSlot(words, at)
          lifted++
        }
        if (lifted > 0) Atomics.add(words, head.version, 1)
        return true
      })
      return lifted
    },
    list: (now, maximum) => {
      const found: TemporaryBlock[] = []
      for (let slot = 0; slot < slots && found.length < maximum; slot++) {
        const block = readSlot(words, bytes, slotAt(slot))
        if (block !== undefined && block.until > now) found.push(block)
      }
      return found
    },
    sweep: (now) => {
      locked(words, owner, () => {
        sweepSlots(words, now)
        return true
      })
    },
    release: (gone) => {
      if (Atomics.load(words, head.lock) !== gone) return
      finishSlots(words)
      unlock(words)
    },
  }
}

function overlap(one: Network, other: Network): boolean {
  const length = Math.min(one.length, other.length)
  const { words } = networkOf(other.words, length)
  return networkOf(one.words, length).words.every((word, index) => word === words[index])
}

function locked(words: Int32Array, owner: number, work: () => boolean): boolean {
  for (let tries = 0; ; tries++) {
    const holder = Atomics.compareExchange(words, head.lock, 0, owner)
    if (holder === 0) break
    if (tries === lockTries) return false
    Atomics.wait(words, head.lock, holder, 1)
  }
  try {
    return work()
  } finally {
    unlock(words)
  }
}

function unlock(words: Int32Array): void {
  Atomics.store(words, head.lock, 0)
  Atomics.notify(words, head.lock, 1)
}
