import { type AddressWords, type Network, networkOf } from './network.ts'

/** A block that stages raised, while it holds. */
export type TemporaryBlock = {
  readonly network: Network
  /** Milliseconds of the monotonic clock that all threads share. */
  readonly until: number
  readonly why: string
}

/**
 * Networks that are blocked for a time, in one SharedArrayBuffer: any thread adds one, and every thread
 * sees it from then on. An open-addressing hash table of sixteen words a slot: a version, odd while the
 * slot is written; the network and its length; until when, in seconds; and up to 32 characters of why.
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

const slotWords = 16
const slotField = { version: 0, key: 1, length: 5, until: 6, why: 7 } as const
const whyBytes = 32
const headWords = 16
const head = { lock: 0, version: 1, count: 2, lengths: 3 } as const
const slots = 16_384
/** Fuller than this, no more are taken in: probes would get long. */
const maxUsed = slots * 0.75
/** How far from its place a network may stand. */
const maxProbes = 64
const lockTries = 200
/** How often a slot is read again that is being written, with others let onto the core in between. */
const readTries = 200
const readWaits = 20

export function temporaryBlocksBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer((headWords + slots * slotWords) * 4)
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
          const at = headWords + slot * slotWords
          const block = readSlot(words, bytes, at)
          if (block === undefined || block.until <= now || !overlap(block.network, network))
            continue
          // The slot itself stays until it is swept: others may be found by way of it.
          Atomics.store(words, at + slotField.until, 0)
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
        const block = readSlot(words, bytes, headWords + slot * slotWords)
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

// A slot whose writer ended: its time is written last, so that a key that is not whole is of the past.
function finishSlots(words: Int32Array): void {
  for (let slot = 0; slot < slots; slot++) {
    const at = slotAt(slot)
    const version = Atomics.load(words, at)
    if ((version & 1) === 1) Atomics.store(words, at, version + 1 === 0 ? 2 : version + 1)
  }
  Atomics.add(words, head.version, 1)
}

// FNV-1a over the words, folded. Whoever picks addresses that meet in one place fills that place, and
// is told that there is no room: nobody is freed by it.
function placeOf({ words, length }: Network): number {
  let hash = 0x811c9dc5 ^ length
  for (let word = 0; word < 4; word++) {
    hash = Math.imul(hash ^ (words[word] ?? 0), 0x01000193)
    hash ^= hash >>> 15
  }
  return hash & (slots - 1)
}

function slotAt(place: number): number {
  return headWords + (place & (slots - 1)) * slotWords
}

function isAt(words: Int32Array, at: number, network: Network): boolean {
  if (words[at + slotField.length] !== network.length) return false
  for (let word = 0; word < 4; word++) {
    if (words[at + slotField.key + word] !== network.words[word]) return false
  }
  return true
}

function untilOf(words: Int32Array, at: number): number {
  return (Atomics.load(words, at + slotField.until) >>> 0) * 1_000
}

/** The slot that a network has, whether it still holds or not. */
function slotOf(words: Int32Array, network: Network): number | undefined {
  const place = placeOf(network)
  for (let probe = 0; probe < maxProbes; probe++) {
    const at = slotAt(place + probe)
    if (Atomics.load(words, at) === 0) return undefined
    if (isAt(words, at, network)) return at
  }
  return undefined
}

/** The slot to write a network into: its own, or the first that is free. */
function slotFor(words: Int32Array, network: Network, now: number): number | undefined {
  const known = slotOf(words, network)
  if (known !== undefined) return known
  const place = placeOf(network)
  for (let probe = 0; probe < maxProbes; probe++) {
    const at = slotAt(place + probe)
    const isEmpty = words[at] === 0
    if (isEmpty && Atomics.load(words, head.count) >= maxUsed) return undefined
    if (isEmpty) Atomics.add(words, head.count, 1)
    if (isEmpty || untilOf(words, at) <= now) return at
  }
  return undefined
}

function writeSlot(
  words: Int32Array,
  bytes: Uint8Array,
  at: number,
  { network, until, why }: TemporaryBlock,
): void {
  const seconds = Math.ceil(until / 1_000)
  const isSame = Atomics.load(words, at) !== 0 && isAt(words, at, network)
  const before = isSame ? Atomics.load(words, at + slotField.until) >>> 0 : 0
  const version = Atomics.add(words, at, 1)
  for (let word = 0; word < 4; word++) {
    words[at + slotField.key + word] = network.words[word] ?? 0
  }
  words[at + slotField.length] = network.length
  const text = Buffer.alloc(whyBytes)
  text.write(why.replace(/[^\x20-\x7e]/g, '?'), 'latin1')
  bytes.set(text, (at + slotField.why) * 4)
  // Before the time: a block is looked for by these alone.
  Atomics.or(words, head.lengths + (network.length >> 5), 1 << (network.length & 31))
  // A block is prolonged, never shortened.
  Atomics.store(words, at + slotField.until, Math.max(seconds, before))
  // Even, and never 0, which is an empty slot.
  Atomics.store(words, at, version + 2 === 0 ? 2 : version + 2)
  Atomics.add(words, head.version, 1)
}

function readWhere(
  words: Int32Array,
  bytes: Uint8Array,
  network: Network,
): TemporaryBlock | undefined {
  const at = slotOf(words, network)
  const block = at === undefined ? undefined : readSlot(words, bytes, at)
  // The slot may have become another's in between.
  const isSame = block?.network.length === network.length
  return isSame && block.network.words.every((word, index) => word === network.words[index])
    ? block
    : undefined
}

function readSlot(words: Int32Array, bytes: Uint8Array, at: number): TemporaryBlock | undefined {
  for (let tries = 0; ; tries++) {
    const version = Atomics.load(words, at)
    if (version === 0) return undefined
    // Odd: another thread is in the middle of it, for less than a microsecond; or else it lost its core, or
    // ended. Then what it wrote so far is taken: a key without its time is of the past.
    const isPatient = tries < readTries + readWaits
    if ((version & 1) === 1 && isPatient) {
      if (tries >= readTries) Atomics.wait(words, at, version, 1)
      continue
    }
    const key = words.slice(at + slotField.key, at + slotField.key + 4)
    const length = words[at + slotField.length] ?? 0
    const until = untilOf(words, at)
    const from = (at + slotField.why) * 4
    const why = Buffer.from(bytes.slice(from, from + whyBytes)).toString('latin1')
    if (Atomics.load(words, at) !== version && isPatient) continue
    return { network: { words: key, length }, until, why: why.replace(/\0+$/, '') }
  }
}

/** The prefix lengths that some slot has, longest first: most often one or two. */
function lengthsInUse(words: Int32Array): number[] {
  const lengths: number[] = []
  for (let word = 4; word >= 0; word--) {
    const bits = Atomics.load(words, head.lengths + word)
    if (bits === 0) continue
    for (let bit = 31; bit >= 0; bit--) {
      if (((bits >>> bit) & 1) === 1) lengths.push(word * 32 + bit)
    }
  }
  return lengths
}

// Backwards: a slot before an empty one leads nowhere.
function sweepSlots(words: Int32Array, now: number): void {
  const lengths = new Int32Array(5)
  let used = 0
  for (let place = slots * 2 - 1; place >= 0; place--) {
    const at = slotAt(place)
    if (words[at] === 0) continue
    if (untilOf(words, at) <= now && words[slotAt(place + 1)] === 0) {
      Atomics.store(words, at, 0)
    } else if (place < slots) {
      const length = words[at + slotField.length] ?? 0
      lengths[length >> 5] = (lengths[length >> 5] ?? 0) | (1 << (length & 31))
      used++
    }
  }
  for (const [word, bits] of lengths.entries()) Atomics.store(words, head.lengths + word, bits)
  Atomics.store(words, head.count, used)
}
