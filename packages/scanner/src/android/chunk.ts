/**
 * A chunk of a compiled resource file: type, length of its header, length in all, all little endian
 * (`ResChunk_header` in AOSP frameworks/base libs/androidfw/include/androidfw/ResourceTypes.h).
 */
export type Chunk = {
  readonly type: number
  /** Byte of the file at which it begins. */
  readonly start: number
  readonly headerSize: number
  /** Byte after its last one. Never beyond what holds it. */
  readonly end: number
  /** Whether it says that it is longer than what holds it. */
  readonly isCut: boolean
}

export const chunkTypes = {
  stringPool: 0x0001,
  table: 0x0002,
  xml: 0x0003,
  xmlStartNamespace: 0x0100,
  xmlEndNamespace: 0x0101,
  xmlStartElement: 0x0102,
  xmlEndElement: 0x0103,
  xmlText: 0x0104,
  xmlResourceMap: 0x0180,
  tablePackage: 0x0200,
  tableType: 0x0201,
  tableFlagged: 0x0207,
} as const

const smallestHeader = 8

/** @returns undefined where no chunk can begin: too little left, or lengths that cannot be */
export function chunkAt(bytes: Buffer, start: number, limit: number): Chunk | undefined {
  if (start < 0 || start + smallestHeader > limit) return undefined
  const headerSize = bytes.readUInt16LE(start + 2)
  const size = bytes.readUInt32LE(start + 4)
  if (headerSize < smallestHeader || size < headerSize || start + headerSize > limit)
    return undefined
  const isCut = start + size > limit
  const end = isCut ? limit : start + size
  return { type: bytes.readUInt16LE(start), start, headerSize, end, isCut }
}
