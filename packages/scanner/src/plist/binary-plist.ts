import { EntryFault } from '../archive/entry.ts'
import { plistLimits, type PlistValue } from './plist-value.ts'

const trailerBytes = 32
/** Seconds from 1970 to 2001, where the dates of Apple begin. */
const appleEpochSeconds = 978_307_200

/** Where objects are, out of the trailer (CFBinaryPList.c). All of it held to the length of the file. */
type Table = {
  readonly bytes: Buffer
  readonly offsetSize: number
  readonly referenceSize: number
  readonly objects: number
  readonly at: number
}

/**
 * What is known while objects are resolved. Done ones are shared, as the file shares them. Objects of a hostile file
 * may lie in each other: what is left to spend, in values and bytes, bounds what comes of that.
 */
type Resolving = {
  readonly table: Table
  readonly done: Map<number, PlistValue>
  valuesLeft: number
  bytesLeft: number
}

export function isBinaryPlist(head: Buffer): boolean {
  return head.length > 8 && head.toString('latin1', 0, 7) === 'bplist0'
}

/**
 * A binary property list. Only objects that the top one reaches are read.
 *
 * @throws EntryFault where it is damaged, an object holds itself, or it exceeds plistLimits
 */
export function readBinaryPlist(bytes: Buffer): PlistValue {
  const table = readTrailer(bytes)
  const top = Number(bytes.readBigUInt64BE(bytes.length - 16))
  const left = { valuesLeft: plistLimits.values, bytesLeft: bytes.length * 2 }
  return objectAt(top, { table, done: new Map(), ...left }, [])
}

function readTrailer(bytes: Buffer): Table {
  if (bytes.length < 8 + trailerBytes) throw new EntryFault('property list: no trailer')
  const from = bytes.length - trailerBytes
  const [offsetSize, referenceSize] = [bytes.readUInt8(from + 6), bytes.readUInt8(from + 7)]
  const objects = Number(bytes.readBigUInt64BE(from + 8))
  const at = Number(bytes.readBigUInt64BE(from + 24))
  const isSize = (size: number) => size >= 1 && size <= 6
  if (!isSize(offsetSize) || !isSize(referenceSize) || at + objects * offsetSize > from) {
    throw new EntryFault('property list: its table of objects lies behind the end')
  }
  return { bytes, offsetSize, referenceSize, objects, at }
}

/** @param path the objects that this one is in: one of them again is a cycle */
function objectAt(reference: number, resolving: Resolving, path: readonly number[]): PlistValue {
  const known = resolving.done.get(reference)
  if (known !== undefined) return known
  const { table } = resolving
  if (reference >= table.objects) throw new EntryFault('property list: refers to no object')
  if (path.includes(reference)) throw new EntryFault('property list: an object holds itself')
  if (path.length > plistLimits.depth) throw new EntryFault('property list: nested too deep')
  const at = table.bytes.readUIntBE(table.at + reference * table.offsetSize, table.offsetSize)
  const value = readObject(at, resolving, [...path, reference])
  resolving.done.set(reference, value)
  return value
}

function readObject(offset: number, resolving: Resolving, path: readonly number[]): PlistValue {
  const { table } = resolving
  const { bytes } = table
  const marker = slice(bytes, offset, 1).readUInt8(0)
  const low = marker & 0x0f
  switch (marker >> 4) {
    case 0x0:
      if (low === 8 || low === 9) return { type: 'boolean', isTrue: low === 9, offset }
      return { type: 'other', offset }
    case 0x1:
      return { type: 'number', number: integer(slice(bytes, offset + 1, 2 ** low)), offset }
    case 0x2:
      return { type: 'number', number: real(slice(bytes, offset + 1, 2 ** low)), offset }
    case 0x3: {
      const seconds = slice(bytes, offset + 1, 8).readDoubleBE(0)
      return { type: 'date', date: new Date((seconds + appleEpochSeconds) * 1000), offset }
    }
    case 0x4: {
      const { at, count } = lengthAt(bytes, offset)
      return { type: 'data', bytes: spend(resolving, at, count), offset: at }
    }
    case 0x5:
    case 0x7: {
      const { at, count } = lengthAt(bytes, offset)
      return { type: 'string', text: spend(resolving, at, count).toString('utf8'), offset: at }
    }
    case 0x6: {
      const { at, count } = lengthAt(bytes, offset)
      const units = Buffer.from(spend(resolving, at, count * 2)).swap16()
      return { type: 'string', text: units.toString('utf16le'), offset: at }
    }
    case 0xa:
    case 0xb:
    case 0xc: {
      const { at, count } = lengthAt(bytes, offset)
      const references = readReferences(resolving, at, count)
      const items = references.map((reference) => objectAt(reference, resolving, path))
      return { type: 'array', items, offset }
    }
    case 0xd:
      return readDictionary(offset, resolving, path)
    default:
      return { type: 'other', offset }
  }
}

function readDictionary(offset: number, resolving: Resolving, path: readonly number[]): PlistValue {
  const { table } = resolving
  const { at, count } = lengthAt(table.bytes, offset)
  const keys = readReferences(resolving, at, count)
  const values = readReferences(resolving, at + count * table.referenceSize, count)
  const members = new Map<string, PlistValue>()
  for (const [index, reference] of keys.entries()) {
    const key = objectAt(reference, resolving, path)
    const value = objectAt(values[index] ?? 0, resolving, path)
    if (key.type === 'string') members.set(key.text, value)
  }
  return { type: 'dictionary', members, offset }
}

/** The bytes of a value, paid for. */
function spend(resolving: Resolving, at: number, length: number): Buffer {
  resolving.bytesLeft -= length
  if (resolving.bytesLeft < 0) throw new EntryFault('property list: its objects lie in each other')
  return slice(resolving.table.bytes, at, length)
}

function readReferences(resolving: Resolving, at: number, count: number): number[] {
  const { table } = resolving
  const { referenceSize } = table
  resolving.valuesLeft -= count
  if (resolving.valuesLeft < 0) throw new EntryFault('property list: too large')
  const bytes = slice(table.bytes, at, count * referenceSize)
  const references: number[] = []
  for (let from = 0; from < bytes.length; from += referenceSize) {
    references.push(bytes.readUIntBE(from, referenceSize))
  }
  return references
}

/** How many bytes, units or members follow, and where: in the marker, or as an integer behind it. */
function lengthAt(bytes: Buffer, offset: number): { at: number; count: number } {
  const low = slice(bytes, offset, 1).readUInt8(0) & 0x0f
  if (low !== 0x0f) return { at: offset + 1, count: low }
  const size = 2 ** (slice(bytes, offset + 1, 1).readUInt8(0) & 0x0f)
  const count = integer(slice(bytes, offset + 2, size))
  return { at: offset + 2 + size, count }
}

function integer(bytes: Buffer): number {
  if (bytes.length <= 4) return bytes.readUIntBE(0, bytes.length)
  // Of eight bytes and more the last eight count; only those are signed.
  return Number(bytes.subarray(-8).readBigInt64BE(0))
}

function real(bytes: Buffer): number {
  if (bytes.length === 4) return bytes.readFloatBE(0)
  if (bytes.length === 8) return bytes.readDoubleBE(0)
  throw new EntryFault('property list: a number of an unknown size')
}

function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (length < 0 || at + length > bytes.length) {
    throw new EntryFault(`property list: an object at byte ${at} lies behind the end`)
  }
  return bytes.subarray(at, at + length)
}
