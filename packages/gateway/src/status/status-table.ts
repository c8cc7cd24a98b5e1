import { activeStatus, emptySlot, keyWords, type StatusCode } from './status-code.ts'

/**
 * Status by key, shared by all threads: an open-addressing hash table in one SharedArrayBuffer.
 *
 * A slot is the four words of the key and one of status. The main thread alone writes: the key first,
 * then the status with a release store; a reader loads the status first, so that it never sees half
 * a key. Slots are never emptied (a key that became active again keeps its slot); whoever needs room
 * builds a larger table and hands it out.
 */
const slotWords = keyWords + 1
const minimumSlots = 1024
/** Fuller than this, probes get long: time for a larger table. */
const crowdedFill = 0.5
/** Never fuller, so that every walk ends at an empty slot. */
const maxFill = 0.9

export type StatusReader = {
  /** The status of a key, `activeStatus` where it is not listed. Allocates nothing. */
  readonly lookUp: (key: Int32Array) => StatusCode
}

export type StatusWriter = {
  readonly buffer: SharedArrayBuffer
  /** Sets the status of a key. False: there is no room left, and nothing was changed. */
  readonly set: (key: Int32Array, status: StatusCode) => boolean
  /** There is room left still, but a larger table is due. */
  readonly isCrowded: () => boolean
}

/** Room for this many keys, and as many again before it is crowded. */
export function createStatusTable(keys: number): StatusWriter {
  let slots = minimumSlots
  while (slots * crowdedFill < keys * 2) slots *= 2
  const buffer = new SharedArrayBuffer(slots * slotWords * 4)
  const words = new Int32Array(buffer)
  const mask = slots - 1
  let used = 0
  return {
    buffer,
    isCrowded: () => used > slots * crowdedFill,
    set: (key, status) => {
      const at = findSlot(words, mask, key)
      if (words[at + keyWords] === emptySlot) {
        if (status === activeStatus) return true
        if (used + 1 > slots * maxFill) return false
        words.set(key, at)
        used++
      }
      Atomics.store(words, at + keyWords, status)
      return true
    },
  }
}

export function readStatusTable(buffer: SharedArrayBuffer): StatusReader {
  const words = new Int32Array(buffer)
  const mask = words.length / slotWords - 1
  return {
    lookUp: (key) => {
      const status = Atomics.load(words, findSlot(words, mask, key) + keyWords)
      return status === emptySlot ? activeStatus : status
    },
  }
}

function findSlot(words: Int32Array, mask: number, key: Int32Array): number {
  const first = key[0] ?? 0
  const second = key[1]
  const third = key[2]
  const fourth = key[3]
  for (let slot = first & mask; ; slot = (slot + 1) & mask) {
    const at = slot * slotWords
    if (Atomics.load(words, at + keyWords) === emptySlot) return at
    if (
      words[at] === first &&
      words[at + 1] === second &&
      words[at + 2] === third &&
      words[at + 3] === fourth
    ) {
      return at
    }
  }
}
