import type { StatusKind } from '@sallyport/wire'
import {
  compareAt,
  compareBytes,
  type KeyForm,
  keyWidths,
  maxPackedTime,
  type PackedSection,
  packedTime,
  packKey,
  StatusPacker,
  textKeys as readTextKeys,
} from '@sallyport/wire/status'

const textsOf = new WeakMap<PackedSection, Uint8Array[]>()

/** The keys of a section of form `text`, read once. */
function textKeys(section: PackedSection): Uint8Array[] {
  const known = textsOf.get(section) ?? readTextKeys(section.keys)
  textsOf.set(section, known)
  return known
}

/** What is said of a key. */
export type Entry = {
  readonly status: string
  /** Milliseconds: when it may be forgotten. */
  readonly until: number
  readonly issuedUntil?: number
}

/** Called with each key that something is said of: `width` bytes of `keys` at `at`. */
export type Visit = (
  kind: string,
  form: KeyForm,
  keys: Uint8Array,
  at: number,
  width: number,
  entry: Entry,
) => void

/**
 * Statuses by kind and key: packed sections as they came, and what changed since. A hundred thousand of them are
 * a few megabytes, and no object each. Of a key that stands in two sections of its kind the later one counts.
 */
export class PackedList {
  readonly #sections: ReadonlyMap<string, readonly PackedSection[]>
  readonly #changed = new Map<string, Map<string, Entry>>()
  /** Which keys of a section stand in a later one as well. */
  readonly #superseded = new Map<PackedSection, ReadonlySet<number>>()
  readonly #counts = new Map<string, number>()

  constructor(sections: readonly PackedSection[] = []) {
    this.#sections = Map.groupBy(sections, ({ kind }) => kind)
    for (const { kind, status, count } of sections) this.#count(kind, status, count)
  }

  /** What is said of a key; also `active`, where a change said so. Undefined where nothing is. */
  get(kind: StatusKind, key: string): Entry | undefined {
    const changed = this.#changed.get(kind)?.get(key)
    if (changed !== undefined) return changed
    const sections = this.#sections.get(kind)
    if (sections === undefined) return undefined
    const { form, bytes } = packKey(key)
    for (let index = sections.length - 1; index >= 0; index--) {
      const section = sections[index]
      if (section?.form !== form || section.status === 'active') continue
      const at = indexOf(section, bytes)
      if (at >= 0) return entryAt(section, at)
    }
    return undefined
  }

  /** Whether a section says of a key that nothing has ended, whatever was heard before. */
  letsGo(kind: StatusKind, key: string): boolean {
    const { form, bytes } = packKey(key)
    const sections = this.#sections.get(kind) ?? []
    return sections.some(
      (section) =>
        section.status === 'active' && section.form === form && indexOf(section, bytes) >= 0,
    )
  }

  set(kind: StatusKind, key: string, entry: Entry): void {
    const before = this.get(kind, key)
    if (before !== undefined) this.#count(kind, before.status, -1)
    this.#count(kind, entry.status, 1)
    const changed = this.#changed.get(kind)
    if (changed === undefined) this.#changed.set(kind, new Map([[key, entry]]))
    else changed.set(key, entry)
  }

  /** How many keys of a kind are not active, `issued` ones left out, or how many of one status there are. */
  count(kind: string, status?: string): number {
    if (status !== undefined) return this.#counts.get(`${kind} ${status}`) ?? 0
    let count = 0
    for (const [name, number] of this.#counts) {
      const [of, each = ''] = name.split(' ')
      if (of === kind && each !== 'active' && each !== 'issued') count += number
    }
    return count
  }

  /** Every key that is not active. */
  each(visit: Visit): void {
    for (const sections of this.#sections.values()) {
      for (const [index, section] of sections.entries()) {
        if (section.status !== 'active') this.#eachOf(section, sections.slice(index + 1), visit)
      }
    }
    for (const [kind, changed] of this.#changed) {
      for (const [key, entry] of changed) {
        if (entry.status === 'active') continue
        const { form, bytes } = packKey(key)
        visit(kind, form, bytes, 0, bytes.length, entry)
      }
    }
  }

  /**
   * All of it as sections. The list goes on with these, which are to be kept as they are.
   *
   * @param before milliseconds: what ended earlier is forgotten
   */
  packed(before: number, isUnconfirmed: boolean): PackedList {
    if (this.#changed.size === 0 && !this.#hasEnded(before)) return this
    const packer = new StatusPacker()
    this.each((kind, form, keys, at, width, entry) => {
      if (entry.until >= before) {
        packer.addPacked(form, keys, at, width, { kind, ...entry, isUnconfirmed })
      }
    })
    return new PackedList(packer.sections())
  }

  get sections(): PackedSection[] {
    return [...this.#sections.values()].flat()
  }

  /** How many keys are not active. */
  get size(): number {
    let size = 0
    for (const [name, count] of this.#counts) if (!name.endsWith(' active')) size += count
    return size
  }

  #eachOf(section: PackedSection, later: readonly PackedSection[], visit: Visit): void {
    const { kind, form, count, keys } = section
    const superseded = this.#supersededIn(section, later)
    const changed = changedIn(section, this.#changed.get(kind))
    const width = keyWidths[form]
    const texts = width === undefined ? textKeys(section) : []
    for (let index = 0; index < count; index++) {
      if (changed.has(index) || superseded.has(index)) continue
      const bytes = texts[index] ?? keys
      const at = width === undefined ? 0 : index * width
      visit(kind, form, bytes, at, width ?? bytes.length, entryAt(section, index))
    }
  }

  #supersededIn(section: PackedSection, later: readonly PackedSection[]): ReadonlySet<number> {
    const known = this.#superseded.get(section)
    if (known !== undefined) return known
    const found = new Set<number>()
    for (const other of later) {
      const isSame = other.form === section.form && other.status !== 'active'
      if (isSame) for (const index of inBoth(section, other)) found.add(index)
    }
    this.#superseded.set(section, found)
    return found
  }

  #hasEnded(before: number): boolean {
    return this.sections.some(({ untils, count }) => {
      for (let index = 0; index < count; index++) {
        if (packedTime(untils, index) < before) return true
      }
      return false
    })
  }

  #count(kind: string, status: string, by: number): void {
    const name = `${kind} ${status}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }
}

function entryAt(section: PackedSection, index: number): Entry {
  const { status, untils, issuedUntils } = section
  const until = packedTime(untils, index)
  const issuedUntil = issuedUntils === undefined ? maxPackedTime : packedTime(issuedUntils, index)
  return issuedUntil === maxPackedTime ? { status, until } : { status, until, issuedUntil }
}

/** Where a key stands in a section; negative where it does not. */
function indexOf(section: PackedSection, key: Uint8Array): number {
  const width = keyWidths[section.form]
  const texts = width === undefined ? textKeys(section) : []
  let low = 0
  let high = section.count - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const order =
      width === undefined
        ? compareBytes(texts[middle] ?? key, key)
        : compareAt(section.keys, middle * width, key, 0, width)
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** Where keys that changed stand in a section. */
function changedIn(
  section: PackedSection,
  changed: ReadonlyMap<string, Entry> | undefined,
): ReadonlySet<number> {
  const found = new Set<number>()
  if (changed === undefined || section.count === 0) return found
  for (const key of changed.keys()) {
    const { form, bytes } = packKey(key)
    const index = form === section.form ? indexOf(section, bytes) : -1
    if (index >= 0) found.add(index)
  }
  return found
}

/** Where the keys stand in the first of two sections that both hold: one walk along both. */
function inBoth(one: PackedSection, other: PackedSection): number[] {
  const found: number[] = []
  const width = keyWidths[one.form]
  const ones = width === undefined ? textKeys(one) : []
  const others = width === undefined ? textKeys(other) : []
  let at = 0
  let otherAt = 0
  while (at < one.count && otherAt < other.count) {
    const order =
      width === undefined
        ? compareBytes(ones[at] ?? one.keys, others[otherAt] ?? other.keys)
        : compareAt(one.keys, at * width, other.keys, otherAt * width, width)
    if (order === 0) found.push(at)
    if (order <= 0) at++
    if (order >= 0) otherAt++
  }
  return found
}
