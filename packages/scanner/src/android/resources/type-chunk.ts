import type { StringPool } from '../string-pool.ts'
import type { ResourceConfig, ResourceEntry } from './resource-table.ts'
import { resourceValue } from './resource-value.ts'

/** Resources of one type for one configuration (`ResTable_type`, ResourceTypes.h). */
export type TypeChunk = {
  readonly id: number
  /** Its index is of pairs, number of the entry and offset by four, in order. */
  readonly isSparse: boolean
  /** Its index is of two bytes each, offset by four. */
  readonly isShort: boolean
  readonly entryCount: number
  readonly indexAt: number
  readonly entriesAt: number
  readonly end: number
  readonly config: ResourceConfig
}

const complexFlag = 0x0001
const compactFlag = 0x0008

/** `ResTable_entry`: size, flags, key, then a value; or all in eight bytes, where it is compact. */
export function readEntry(
  bytes: Buffer,
  type: TypeChunk,
  entry: number,
  strings: StringPool,
): ResourceEntry | undefined {
  const offset = entryOffset(bytes, type, entry)
  if (offset === undefined) return undefined
  const { config } = type
  const size = bytes.readUInt16LE(offset)
  const flags = bytes.readUInt16LE(offset + 2)
  if ((flags & compactFlag) !== 0) {
    const value = resourceValue(flags >> 8, bytes.readUInt32LE(offset + 4), strings.at)
    return { config, value, offset }
  }
  if ((flags & complexFlag) !== 0) return { config, value: { kind: 'bag' }, offset }
  const valueAt = offset + size
  if (valueAt + 8 > type.end) return undefined
  const data = bytes.readUInt32LE(valueAt + 4)
  const value = resourceValue(bytes.readUInt8(valueAt + 3), data, strings.at)
  return { config, value, offset }
}

/** Number of the entry that a place of the index is about. */
export function entryAt(bytes: Buffer, type: TypeChunk, index: number): number {
  return type.isSparse ? bytes.readUInt16LE(type.indexAt + 4 * index) : index
}

/** Index of an entry's name among the names of its package. */
export function keyOf(bytes: Buffer, type: TypeChunk, entry: number): number | undefined {
  const offset = entryOffset(bytes, type, entry)
  if (offset === undefined) return undefined
  const isCompact = (bytes.readUInt16LE(offset + 2) & compactFlag) !== 0
  return isCompact ? bytes.readUInt16LE(offset) : bytes.readUInt32LE(offset + 4)
}

/** Byte of the file at which an entry begins, with eight bytes there at least. */
function entryOffset(bytes: Buffer, type: TypeChunk, entry: number): number | undefined {
  const relative = type.isSparse
    ? sparseOffset(bytes, type, entry)
    : denseOffset(bytes, type, entry)
  if (relative === undefined) return undefined
  const offset = type.entriesAt + relative
  return offset + 8 <= type.end ? offset : undefined
}

function denseOffset(bytes: Buffer, type: TypeChunk, entry: number): number | undefined {
  if (entry >= type.entryCount) return undefined
  if (type.isShort) {
    const short = bytes.readUInt16LE(type.indexAt + 2 * entry)
    return short === 0xffff ? undefined : short * 4
  }
  const offset = bytes.readUInt32LE(type.indexAt + 4 * entry)
  return offset === 0xffffffff ? undefined : offset
}

function sparseOffset(bytes: Buffer, type: TypeChunk, entry: number): number | undefined {
  let low = 0
  let high = type.entryCount - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const at = type.indexAt + 4 * middle
    const found = bytes.readUInt16LE(at)
    if (found === entry) return bytes.readUInt16LE(at + 2) * 4
    if (found < entry) low = middle + 1
    else high = middle - 1
  }
  return undefined
}
