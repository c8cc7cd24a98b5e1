import type { Network } from './network.ts'

/** A block that stages raised, while it holds. */
export type TemporaryBlock = {
  readonly network: Network
  /** Milliseconds of the monotonic clock that all threads share. */
  readonly until: number
  readonly why: string
}

/*
 * The layout of temporary blocks: an open-addressing hash table of sixteen words a slot: a version, odd while the
 * slot is written; the network and its length; until when, in seconds; and up to 32 characters of why. Before it
 * stand the lock, the version of the whole, how many slots are used, and which lengths they have.
 */

const slotWords = 16
const slotField = { version: 0, key: 1, length: 5, until: 6, why: 7 } as const
const whyBytes = 32
const headWords = 16
export const head = { lock: 0, version: 1, count: 2, lengths: 3 } as const
export const slots = 16_384
/** Fuller than this, no more are taken in: probes would get long. */
const maxUsed = slots * 0.75
/** How far from its place a network may stand. */
const maxProbes = 64
/** How often a slot is read again that is being written, with others let onto the core in between. */
const readTries = 200
const readWaits = 20
export const tableBytes = (headWords + slots * slotWords) * 4

export function slotAt(place: number): number {
  return headWords + (place & (slots - 1)) * slotWords
}

export function readSlot(
  words: Int32Array,
  bytes: Uint8Array,
  at: number,
): TemporaryBlock | undefined {
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

export function readWhere(
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

/** The slot to write a network into: its own, or the first that is free. */
export function slotFor(words: Int32Array, network: Network, now: number): number | undefined {
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

export function writeSlot(
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

/** The block is over. The slot itself stays until it is swept: others may be found by way of it. */
export function endSlot(words: Int32Array, at: number): void {
  Atomics.store(words, at + slotField.until, 0)
}

/** The prefix lengths that some slot has, longest first: most often one or two. */
export function lengthsInUse(words: Int32Array): number[] {
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
export function sweepSlots(words: Int32Array, now: number): void {
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

// A slot whose writer ended: its time is written last, so that a key that is not whole is of the past.
export function finishSlots(words: Int32Array): void {
  for (let slot = 0; slot < slots; slot++) {
    const at = slotAt(slot)
    const version = Atomics.load(words, at)
    if ((version & 1) === 1) Atomics.store(words, at, version + 1 === 0 ? 2 : version + 1)
  }
  Atomics.add(words, head.version, 1)
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
