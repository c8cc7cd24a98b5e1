import type { ByteSource } from '../byte-source.ts'
import type { DirectoryPlace } from './end-record.ts'
import { printableName } from '../printable-name.ts'

/** One file of an archive, as its directory describes it. */
export type ZipRecord = {
  /** Printable. */
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressedBytes: number
  readonly bytes: number
  /** Of its local header, from the beginning of the source. */
  readonly offset: number
}

const headerBytes = 46
const windowBytes = 1024 * 1024
export const encryptedFlag = 1
export const descriptorFlag = 8

/**
 * The records of a directory, one after another (APPNOTE 6.3.10 §4.3.12), by its length and not by the count: of
 * those two, the count is the one that lies in hostile files. Ends early where a record is none.
 */
export async function* directoryRecords(
  source: ByteSource,
  place: DirectoryPlace,
): AsyncGenerator<ZipRecord> {
  let window: Buffer = Buffer.alloc(0)
  let at = 0
  let left = place.bytes
  let next = place.offset
  while (left >= headerBytes) {
    // A record is at most 46 + 3 × 65,535 bytes.
    if (window.length - at < headerBytes + 3 * 0xffff && next < place.offset + place.bytes) {
      const more = await source.read(next, Math.min(windowBytes, place.offset + place.bytes - next))
      if (more.length === 0) return
      next += more.length
      window = Buffer.concat([window.subarray(at), more])
      at = 0
    }
    if (window.length - at < headerBytes || window.readUInt32LE(at) !== 0x02014b50) return
    const nameBytes = window.readUInt16LE(at + 28)
    const extraBytes = window.readUInt16LE(at + 30)
    const recordBytes = headerBytes + nameBytes + extraBytes + window.readUInt16LE(at + 32)
    if (window.length - at < headerBytes + nameBytes + extraBytes) return
    yield recordAt(window, at, nameBytes, extraBytes, place.shift)
    at += recordBytes
    left -= recordBytes
  }
}

function recordAt(
  window: Buffer,
  at: number,
  nameBytes: number,
  extraBytes: number,
  shift: number,
): ZipRecord {
  const nameEnd = at + headerBytes + nameBytes
  const narrow = {
    bytes: window.readUInt32LE(at + 24),
    compressedBytes: window.readUInt32LE(at + 20),
    offset: window.readUInt32LE(at + 42),
  }
  const { bytes, compressedBytes, offset } = widened(
    narrow,
    window.subarray(nameEnd, nameEnd + extraBytes),
  )
  return {
    name: printableName(window.subarray(at + headerBytes, nameEnd)),
    flags: window.readUInt16LE(at + 8),
    method: window.readUInt16LE(at + 10),
    crc: window.readUInt32LE(at + 16),
    compressedBytes,
    bytes,
    offset: offset + shift,
  }
}

type Wide = { bytes: number; compressedBytes: number; offset: number }

/**
 * Zip64 (§4.5.3): the extra field holds, in this order, those that are all ones in the record. Some tools write all
 * three where one is asked for, and Android takes them so.
 */
function widened(narrow: Wide, extra: Buffer): Wide {
  const isWide = Object.values(narrow).includes(0xffffffff)
  const field = isWide ? extraField(extra, 1) : undefined
  if (!field) return narrow
  const hasAll = field.length >= 24
  let at = 0
  const wide = (value: number) => {
    if ((value !== 0xffffffff && !hasAll) || at + 8 > field.length) return value
    at += 8
    return Number(field.readBigUInt64LE(at - 8))
  }
  return {
    bytes: wide(narrow.bytes),
    compressedBytes: wide(narrow.compressedBytes),
    offset: wide(narrow.offset),
  }
}

function extraField(extra: Buffer, id: number): Buffer | undefined {
  let at = 0
  while (at + 4 <= extra.length) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}
