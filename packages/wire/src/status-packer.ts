import { type KeyForm, keyWidths, packKey } from './packed-keys.ts'
import { compareAt, compareBytes, type PackedSection, setPackedTime } from './packed-status.ts'

const timeBytes = 6
/** Buckets of the first two bytes: keys are hashes and random ids, which fall evenly. */
const buckets = 65_536
/** Up to here moving them one by one is faster than sorting them. */
const fewKeys = 16

/** Something to be packed, beside its key. */
export type PackedRow = {
  readonly kind: string
  readonly status: string
  /** Milliseconds. */
  readonly until: number
  readonly issuedUntil?: number | undefined
  readonly isUnconfirmed?: boolean
}

/** Takes rows in any order, and makes sorted sections of them. Of a key that comes twice the last counts. */
export class StatusPacker {
  readonly #open = new Map<string, OpenSection>()

  add(key: string, row: PackedRow): void {
    const { form, bytes } = packKey(key)
    this.addPacked(form, bytes, 0, bytes.length, row)
  }

  /** A key that is packed already: `width` bytes at `at`. */
  addPacked(form: KeyForm, keys: Uint8Array, at: number, width: number, row: PackedRow): void {
    const { kind, status, isUnconfirmed = false } = row
    const name = `${kind} ${status} ${form} ${isUnconfirmed}`
    let section = this.#open.get(name)
    if (section === undefined) {
      section = new OpenSection({ kind, status, form, isUnconfirmed })
      this.#open.set(name, section)
    }
    section.add(keys, at, width, row)
  }

  sections(): PackedSection[] {
    return [...this.#open.values()].map((section) => section.close())
  }
}

type Facts = Pick<PackedSection, 'kind' | 'status' | 'form' | 'isUnconfirmed'>

class OpenSection {
  readonly #facts: Facts
  #keys = new Uint8Array(4_096)
  #used = 0
  /** Where each key begins; of form `text` alone. */
  readonly #starts: number[] = []
  #untils: number[] = []
  #issuedUntils: (number | undefined)[] | undefined

  constructor(facts: Facts) {
    this.#facts = facts
  }

  add(keys: Uint8Array, at: number, width: number, { until, issuedUntil }: PackedRow): void {
    if (this.#used + width > this.#keys.length) {
      const larger = new Uint8Array(Math.max(this.#keys.length * 2, this.#used + width))
      larger.set(this.#keys.subarray(0, this.#used))
      this.#keys = larger
    }
    for (let index = 0; index < width; index++) {
      this.#keys[this.#used + index] = keys[at + index] ?? 0
    }
    if (this.#facts.form === 'text') this.#starts.push(this.#used)
    this.#used += width
    if (issuedUntil !== undefined) {
      this.#issuedUntils ??= Array.from({ length: this.#untils.length }, () => undefined)
    }
    this.#untils.push(until)
    this.#issuedUntils?.push(issuedUntil)
  }

  close(): PackedSection {
    const width = keyWidths[this.#facts.form]
    const order =
      width === undefined
        ? this.#textOrder()
        : sortedOrder(this.#keys.subarray(0, this.#used), width)
    const keys = width === undefined ? this.#textInOrder(order) : this.#inOrder(order, width)
    const untils = new Uint8Array(order.length * timeBytes)
    const issuedUntils =
      this.#issuedUntils === undefined ? undefined : new Uint8Array(order.length * timeBytes)
    for (let index = 0; index < order.length; index++) {
      const from = order[index] ?? 0
      setPackedTime(untils, index, this.#untils[from] ?? 0)
      if (issuedUntils === undefined) continue
      const issuedUntil = this.#issuedUntils?.[from] ?? Number.POSITIVE_INFINITY
      setPackedTime(issuedUntils, index, issuedUntil)
    }
    return { ...this.#facts, count: order.length, keys, untils, issuedUntils }
  }

  #inOrder(order: Uint32Array, width: number): Uint8Array {
    const keys = new Uint8Array(order.length * width)
    for (let index = 0; index < order.length; index++) {
      const from = (order[index] ?? 0) * width
      keys.set(this.#keys.subarray(from, from + width), index * width)
    }
    return keys
  }

  #textKey(index: number): Uint8Array {
    return this.#keys.subarray(this.#starts[index], this.#starts[index + 1] ?? this.#used)
  }

  #textOrder(): Uint32Array {
    const last = new Map<string, number>()
    for (const index of this.#starts.keys()) last.set(this.#textKey(index).join(), index)
    const indexes = [...last.values()].toSorted((one, other) =>
      compareBytes(this.#textKey(one), this.#textKey(other)),
    )
    return Uint32Array.from(indexes)
  }

  #textInOrder(order: Uint32Array): Uint8Array {
    const parts = [...order].map((index) => this.#textKey(index))
    const keys = new Uint8Array(parts.reduce((sum, { length }) => sum + length + 2, 0))
    let at = 0
    for (const part of parts) {
      keys[at] = part.length >>> 8
      keys[at + 1] = part.length & 0xff
      keys.set(part, at + 2)
      at += part.length + 2
    }
    return keys
  }
}

/**
 * The order in which keys ascend, each once: dealt out by their first two bytes, then sorted within what few
 * share those. A hundred thousand keys take about ten milliseconds.
 */
function sortedOrder(keys: Uint8Array, width: number): Uint32Array {
  const count = keys.length / width
  const bucketOf = (index: number) =>
    ((keys[index * width] ?? 0) << 8) | (keys[index * width + 1] ?? 0)
  const ends = new Uint32Array(buckets + 1)
  for (let index = 0; index < count; index++) {
    const next = bucketOf(index) + 1
    ends[next] = (ends[next] ?? 0) + 1
  }
  for (let bucket = 1; bucket <= buckets; bucket++) {
    ends[bucket] = (ends[bucket] ?? 0) + (ends[bucket - 1] ?? 0)
  }
  const starts = ends.slice()
  const order = new Uint32Array(count)
  for (let index = 0; index < count; index++) {
    const bucket = bucketOf(index)
    const at = starts[bucket] ?? 0
    order[at] = index
    starts[bucket] = at + 1
  }
  const compare = (one: number, other: number) =>
    compareAt(keys, one * width, keys, other * width, width) || one - other
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = ends[bucket] ?? 0
    const to = ends[bucket + 1] ?? 0
    if (to - from > fewKeys) order.subarray(from, to).sort(compare)
    else if (to - from > 1) insertInOrder(order, from, to, compare)
  }
  return withoutTwins(order, keys, width)
}

function insertInOrder(
  order: Uint32Array,
  from: number,
  to: number,
  compare: (one: number, other: number) => number,
): void {
  for (let index = from + 1; index < to; index++) {
    const moved = order[index] ?? 0
    let at = index
    while (at > from && compare(order[at - 1] ?? 0, moved) > 0) {
      order[at] = order[at - 1] ?? 0
      at--
    }
    order[at] = moved
  }
}

/** Of keys that are the same the one that came last, which stands last. */
function withoutTwins(order: Uint32Array, keys: Uint8Array, width: number): Uint32Array {
  let used = 0
  for (let index = 0; index < order.length; index++) {
    const one = order[index] ?? 0
    const next = order[index + 1]
    if (next !== undefined && compareAt(keys, one * width, keys, next * width, width) === 0)
      continue
    order[used++] = one
  }
  return order.subarray(0, used)
}
