import type { TrustedIssuer } from './gateway-messages.ts'
import { type KeyForm, keyForms, keyWidths } from './packed-keys.ts'

/**
 * The status of devices, certificates, issuers and tokens as of one number of the feed, packed: what a
 * snapshot is on the wire (behind its signature) and on a gateway's disk (behind its checksum).
 *
 *     "SPS1" · length of the head (32 bits) · head (JSON) · sections
 *
 * The head says which sections follow, and how long each is. A section is of one kind and one status: the
 * keys, strictly ascending; then for each key until when it counts (48 bits, milliseconds); then, where the
 * section says so, until when what was issued has ended (48 bits; all ones: all of it has). Numbers are
 * big-endian.
 */
const magic = 0x53505331
const headOffset = 8
const maxHeadBytes = 64 * 1024 * 1024
const maxSections = 1_000
const timeBytes = 6

/** The latest time that fits: what never ends, ends then. */
export const maxPackedTime = 2 ** 48 - 1

export type PackedSection = {
  readonly kind: string
  readonly status: string
  readonly form: KeyForm
  /** On a gateway's disk alone: what another epoch said, and this one has said nothing of. */
  readonly isUnconfirmed: boolean
  readonly count: number
  readonly keys: Uint8Array
  readonly untils: Uint8Array
  /** Undefined where nothing is ended by the time of its issue. */
  readonly issuedUntils: Uint8Array | undefined
}

export type PackedHead = {
  readonly epoch: string
  readonly seq: number
  /** Milliseconds, by the authority's clock. */
  readonly at: number
  /** `changeMark` of change `seq`; empty where it is not known any more. */
  readonly mark: string
  readonly issuers: readonly TrustedIssuer[]
  /** On a gateway's disk alone: the kinds of change that were not understood. */
  readonly notUnderstood?: readonly string[]
}

export type PackedStatus = PackedHead & { readonly sections: readonly PackedSection[] }

type SectionHead = Pick<PackedSection, 'kind' | 'status' | 'form' | 'count'> & {
  readonly keyBytes: number
  readonly isUnconfirmed?: true
  readonly hasIssuedUntils?: true
}

export function encodePackedStatus({ sections, ...head }: PackedStatus): Uint8Array {
  const heads = sections.map((section): SectionHead => {
    const { kind, status, form, count, keys, isUnconfirmed, issuedUntils } = section
    return {
      kind,
      status,
      form,
      count,
      keyBytes: keys.length,
      ...(isUnconfirmed ? { isUnconfirmed } : {}),
      ...(issuedUntils === undefined ? {} : { hasIssuedUntils: true }),
    }
  })
  const text = new TextEncoder().encode(JSON.stringify({ ...head, sections: heads }))
  const parts = sections.flatMap(({ keys, untils, issuedUntils = new Uint8Array() }) => [
    keys,
    untils,
    issuedUntils,
  ])
  const length = parts.reduce((sum, part) => sum + part.length, headOffset + text.length)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, magic)
  view.setUint32(4, text.length)
  bytes.set(text, headOffset)
  let at = headOffset + text.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/**
 * Reads packed status. What it answers are views of `bytes`, which are not to be changed afterwards.
 *
 * @param checkIssuer holds what stands in the head against what an issuer is
 * @throws RangeError what is not as it must be. Not checked: kinds and statuses, which may be newer than
 *   the reader
 */
export function decodePackedStatus(
  bytes: Uint8Array,
  checkIssuer: (value: unknown) => TrustedIssuer,
): PackedStatus {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < headOffset || view.getUint32(0) !== magic) {
    throw new RangeError('packed status: not of a form that is known')
  }
  const headBytes = view.getUint32(4)
  if (headBytes > maxHeadBytes || headOffset + headBytes > bytes.length) {
    throw new RangeError(`packed status: a head of ${headBytes} bytes`)
  }
  const head = readHead(bytes.subarray(headOffset, headOffset + headBytes))
  const { epoch, seq, at: time, mark, issuers, notUnderstood, sections: listed } = head
  if (listed.length > maxSections) throw new RangeError(`packed status: ${listed.length} sections`)
  let at = headOffset + headBytes
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('packed status: cut off')
    at += length
    return bytes.subarray(at - length, at)
  }
  const sections = listed.map((value) => readSection(readSectionHead(value), take))
  if (at !== bytes.length) throw new RangeError('packed status: more than its head says')
  return {
    epoch,
    seq,
    at: time,
    mark,
    issuers: issuers.map(checkIssuer),
    ...(notUnderstood === undefined ? {} : { notUnderstood }),
    sections,
  }
}

type Head = Omit<PackedHead, 'issuers'> & {
  readonly issuers: readonly unknown[]
  readonly sections: readonly unknown[]
}

function readHead(bytes: Uint8Array): Head {
  const head = object(parseJson(bytes), 'head')
  const notUnderstood = head['notUnderstood']
  return {
    epoch: string(head, 'epoch'),
    seq: integer(head, 'seq'),
    at: integer(head, 'at'),
    mark: string(head, 'mark'),
    issuers: list(head, 'issuers'),
    sections: list(head, 'sections'),
    ...(notUnderstood === undefined
      ? {}
      : { notUnderstood: list(head, 'notUnderstood').map(String) }),
  }
}

function readSectionHead(value: unknown): SectionHead {
  const head = object(value, 'section')
  const form = keyForms.find((each) => each === head['form'])
  if (form === undefined) throw new RangeError(`section: keys of form ${String(head['form'])}`)
  return {
    kind: string(head, 'kind'),
    status: string(head, 'status'),
    form,
    count: integer(head, 'count'),
    keyBytes: integer(head, 'keyBytes'),
    ...(head['isUnconfirmed'] === true ? { isUnconfirmed: true } : {}),
    ...(head['hasIssuedUntils'] === true ? { hasIssuedUntils: true } : {}),
  }
}

function readSection(head: SectionHead, take: (length: number) => Uint8Array): PackedSection {
  const { kind, status, form, count, keyBytes, isUnconfirmed = false } = head
  const width = keyWidths[form]
  // A text key takes two bytes at least: also its count is bounded by what is there.
  if (width === undefined ? keyBytes < count * 2 : keyBytes !== count * width) {
    throw new RangeError(`section ${kind} ${status}: ${keyBytes} bytes for ${count} keys`)
  }
  const keys = take(keyBytes)
  requireAscending(form, keys, count)
  const untils = take(count * timeBytes)
  const issuedUntils = head.hasIssuedUntils === true ? take(count * timeBytes) : undefined
  return { kind, status, form, isUnconfirmed, count, keys, untils, issuedUntils }
}

function requireAscending(form: KeyForm, keys: Uint8Array, count: number): void {
  const width = keyWidths[form]
  if (width === undefined) {
    const found = textKeys(keys)
    if (found.length !== count) throw new RangeError('section: not as many keys as it says')
    for (let index = 1; index < found.length; index++) {
      if (compareBytes(found[index - 1] as Uint8Array, found[index] as Uint8Array) >= 0) {
        throw new RangeError('section: keys that are not in order')
      }
    }
    return
  }
  for (let at = width; at < keys.length; at += width) {
    if (compareAt(keys, at - width, keys, at, width) >= 0) {
      throw new RangeError('section: keys that are not in order')
    }
  }
}

/** The keys of a section of form `text`. */
export function textKeys(keys: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at < keys.length; ) {
    const length = ((keys[at] ?? 0) << 8) | (keys[at + 1] ?? 0)
    if (at + 2 + length > keys.length) throw new RangeError('section: a key that is cut off')
    found.push(keys.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return found
}

/** The time at an index of `untils` or `issuedUntils`: milliseconds. */
export function packedTime(times: Uint8Array, index: number): number {
  const at = index * timeBytes
  const high = ((times[at] ?? 0) << 8) | (times[at + 1] ?? 0)
  const low =
    ((times[at + 2] ?? 0) << 24) |
    ((times[at + 3] ?? 0) << 16) |
    ((times[at + 4] ?? 0) << 8) |
    (times[at + 5] ?? 0)
  return high * 2 ** 32 + (low >>> 0)
}

/** Writes one time as `packedTime` reads it. What is later than the latest is the latest. */
export function setPackedTime(times: Uint8Array, index: number, time: number): void {
  const at = index * timeBytes
  const bounded = Math.min(maxPackedTime, Math.max(0, Math.floor(time)))
  const high = Math.floor(bounded / 2 ** 32)
  const low = bounded % 2 ** 32
  times[at] = high >>> 8
  times[at + 1] = high & 0xff
  times[at + 2] = low >>> 24
  times[at + 3] = (low >>> 16) & 0xff
  times[at + 4] = (low >>> 8) & 0xff
  times[at + 5] = low & 0xff
}

/** Order of `width` bytes at two places: negative, 0 or positive. */
export function compareAt(
  one: Uint8Array,
  oneAt: number,
  other: Uint8Array,
  otherAt: number,
  width: number,
): number {
  for (let index = 0; index < width; index++) {
    const difference = (one[oneAt + index] ?? 0) - (other[otherAt + index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const width = Math.min(one.length, other.length)
  return compareAt(one, 0, other, 0, width) || one.length - other.length
}

type Members = Readonly<Record<string, unknown>>

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new RangeError('packed status: a head that is no JSON')
  }
}

function object(value: unknown, name: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new RangeError(`${name}: not an object`)
}

function string(members: Members, name: string): string {
  const value = members[name]
  if (typeof value === 'string' && value.length <= 200) return value
  throw new RangeError(`${name}: not a string`)
}

function integer(members: Members, name: string): number {
  const value = members[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`${name}: not a whole number`)
}

function list(members: Members, name: string): readonly unknown[] {
  const value = members[name]
  if (Array.isArray(value)) return value
  throw new RangeError(`${name}: not a list`)
}
