import type { ByteSource } from '../byte-source.ts'

/** Where the directory of an archive lies. Offsets are bytes from the beginning of the source. */
export type DirectoryPlace = {
  readonly offset: number
  readonly bytes: number
  /** Records, as the end record says. */
  readonly count: number
  /** Added to every offset that the archive names: bytes were put before it after it was made. */
  readonly shift: number
  /** What lies from here on is the end record and its comment. */
  readonly end: number
}

export type EndRecord = {
  /** Undefined: this is no archive, or its end is missing. */
  readonly place: DirectoryPlace | undefined
  /** What is strange about it: lines of the ledger. */
  readonly odd: readonly string[]
}

const recordBytes = 22
const locatorBytes = 20
const record64Bytes = 56
const maxCommentBytes = 0xffff
const maxCandidates = 32
const signature = Buffer.from('PK\x05\x06', 'latin1')

/**
 * Finds the directory of a ZIP archive from its end (APPNOTE 6.3.10 §4.3.16, zip64 §4.3.14). The last end record
 * that leads to a directory counts, as in Android's libziparchive; a comment may hold others.
 */
export async function findDirectory(source: ByteSource): Promise<EndRecord> {
  if (source.size < recordBytes) return { place: undefined, odd: [] }
  const tailStart = Math.max(0, source.size - recordBytes - maxCommentBytes)
  const tail = await source.read(tailStart, source.size - tailStart)
  const odd: string[] = []
  let found: DirectoryPlace | undefined
  let at = tail.lastIndexOf(signature, tail.length - recordBytes)
  for (let tried = 0; at >= 0 && tried < maxCandidates; tried += 1) {
    const place = await placeFrom(source, tail, at, tailStart)
    const behind = tail.length - (at + recordBytes + tail.readUInt16LE(at + 20))
    if (place && !found) {
      found = place
      if (behind > 0) odd.push(`${behind} bytes lie behind the end of the archive`)
      if (behind < 0) odd.push('the comment at the end of the archive is cut off')
    } else if (place && behind === 0 && place.offset !== found?.offset) {
      // Its comment holds the one that was found. Those of stored archives in it do not reach to the end.
      odd.push(
        'two directories: the last one was read, as Android does; other tools may read the other',
      )
      break
    }
    at = at === 0 ? -1 : tail.lastIndexOf(signature, at - 1)
  }
  if (found && found.shift !== 0) {
    odd.push(`${found.shift} bytes lie before the archive that its offsets do not count`)
  }
  return { place: found, odd }
}

async function placeFrom(
  source: ByteSource,
  tail: Buffer,
  at: number,
  tailStart: number,
): Promise<DirectoryPlace | undefined> {
  const end = tailStart + at
  let count = tail.readUInt16LE(at + 10)
  let bytes = tail.readUInt32LE(at + 12)
  let offset = tail.readUInt32LE(at + 16)
  let directoryEnd = end
  if (count === 0xffff || bytes === 0xffffffff || offset === 0xffffffff) {
    const wide = await readRecord64(source, end)
    if (wide) {
      ;({ count, bytes, offset } = wide)
      directoryEnd = wide.recordOffset
    }
  }
  if (bytes > directoryEnd) return undefined
  if (count === 0 && bytes === 0) return { offset: directoryEnd, bytes, count, shift: 0, end }
  if (offset + bytes <= directoryEnd && (await isDirectory(source, offset))) {
    return { offset, bytes, count, shift: 0, end }
  }
  const shifted = directoryEnd - bytes
  if (shifted > offset && (await isDirectory(source, shifted))) {
    return { offset: shifted, bytes, count, shift: shifted - offset, end }
  }
  return undefined
}

async function readRecord64(source: ByteSource, end: number) {
  if (end < locatorBytes + record64Bytes) return undefined
  const locator = await source.read(end - locatorBytes, locatorBytes)
  if (locator.length < locatorBytes || locator.readUInt32LE(0) !== 0x07064b50) return undefined
  // The record lies where the locator says, or right before the locator where bytes were put before the archive.
  const said = Number(locator.readBigUInt64LE(8))
  for (const recordOffset of [said, end - locatorBytes - record64Bytes]) {
    if (recordOffset > end - locatorBytes - record64Bytes) continue
    const record = await source.read(recordOffset, record64Bytes)
    if (record.length < record64Bytes || record.readUInt32LE(0) !== 0x06064b50) continue
    return {
      recordOffset,
      count: Number(record.readBigUInt64LE(32)),
      bytes: Number(record.readBigUInt64LE(40)),
      offset: Number(record.readBigUInt64LE(48)),
    }
  }
  return undefined
}

async function isDirectory(source: ByteSource, offset: number): Promise<boolean> {
  const head = await source.read(offset, 4)
  return head.length === 4 && head.readUInt32LE(0) === 0x02014b50
}
