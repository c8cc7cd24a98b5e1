import { crc32 } from 'node:zlib'
import type { ScanLimits } from '../../limits.ts'
import { type ByteSource, sourcePieces } from '../byte-source.ts'
import { EntryFault } from '../entry.ts'
import { encryptedFlag, type ZipRecord } from './central-directory.ts'
import { inflated, inflatedHead, inflatedPieces } from './inflate.ts'
import { readLocalHeader } from './local-header.ts'

const stored = 0
const deflated = 8
/** APPNOTE 6.3.10 §4.4.5, as far as they are met. */
const methodNames: Readonly<Record<number, string>> = {
  1: 'shrunk', 6: 'imploded', 9: 'Deflate64', 12: 'bzip2', 14: 'LZMA', 93: 'Zstandard', 95: 'xz', 98: 'PPMd', 99: 'AES',
} // biome-ignore format: a table

const slackBytes = 64 * 1024

/** Tells of something odd about an entry that is read all the same. */
export type Tell = (why: string) => void

/** Bytes of an entry once it is read. What is not deflated is taken as it lies there. */
export function zipEntryBytes(record: ZipRecord): number {
  return record.method === deflated ? record.bytes : Math.max(record.bytes, record.compressedBytes)
}

export function isStored(record: ZipRecord): boolean {
  return record.method !== deflated
}

/** Where the bytes of an entry lie, as they are stored. */
export type EntryData = { readonly offset: number; readonly length: number }

/** @throws EntryFault where they are not there, or more than may be read */
export async function zipEntryData(
  source: ByteSource,
  record: ZipRecord,
  limits: ScanLimits,
  tell: Tell,
): Promise<EntryData> {
  const { dataOffset, differs } = await readLocalHeader(source, record)
  if (differs.length > 0) {
    tell(
      `local header differs from the directory of the archive (${differs.join(', ')}): read by the directory, as Android does where it takes such an entry at all`,
    )
  }
  if (zipEntryBytes(record) > limits.entryBytes) {
    throw new EntryFault(`larger than ${limits.entryBytes} bytes: not read`)
  }
  if (record.method === deflated) {
    if (record.bytes > limits.ratio * (record.compressedBytes + 1)) {
      throw new EntryFault(
        `said to unpack to more than ${limits.ratio} times its size, which nothing can: not read`,
      )
    }
    // What deflate cannot make smaller it makes hardly larger: nothing honest lies behind this.
    const most = 2 * record.bytes + slackBytes
    return { offset: dataOffset, length: Math.min(record.compressedBytes, most) }
  }
  if (record.method !== stored) tell(methodUnknown(record.method))
  else if (record.bytes !== record.compressedBytes) {
    tell('not compressed, and yet its two sizes differ: the larger one was read')
  }
  return { offset: dataOffset, length: Math.min(zipEntryBytes(record), source.size - dataOffset) }
}

function methodUnknown(method: number): string {
  const name = Object.hasOwn(methodNames, method) ? ` (${methodNames[method]})` : ''
  return `compression method ${method}${name}, which Android takes for none: looked at as bytes`
}

/** All of an entry. @throws EntryFault where it cannot be had */
export async function readZipEntry(
  source: ByteSource,
  record: ZipRecord,
  { offset, length }: EntryData,
  tell: Tell,
): Promise<Buffer> {
  const compressed = await source.read(offset, length)
  if (compressed.length < length) throw new EntryFault('the archive ends before it does')
  try {
    const bytes = record.method === deflated ? await inflated(compressed, record.bytes) : compressed
    if (crc32(bytes) !== record.crc) tellOfChecksum(record, tell)
    return bytes
  } catch (error) {
    throw isEncrypted(record) ? encrypted() : error
  }
}

/** An entry in pieces as they come. @throws EntryFault, after what could be read */
export async function* readZipPieces(
  source: ByteSource,
  record: ZipRecord,
  { offset, length }: EntryData,
  tell: Tell,
): AsyncGenerator<Buffer> {
  const compressed = sourcePieces(source, offset, length)
  const pieces = record.method === deflated ? inflatedPieces(compressed, record.bytes) : compressed
  let sum = 0
  try {
    for await (const piece of pieces) {
      sum = crc32(piece, sum)
      yield piece
    }
    if (sum !== record.crc) tellOfChecksum(record, tell)
  } catch (error) {
    throw isEncrypted(record) ? encrypted() : error
  }
}

/** What the first 4 KB of an entry come to; nothing where they cannot be had. */
export async function peekZipEntry(source: ByteSource, record: ZipRecord): Promise<Buffer> {
  const header = await readLocalHeader(source, record).catch((error: unknown) => {
    if (error instanceof EntryFault) return undefined
    throw error
  })
  if (!header) return Buffer.alloc(0)
  const head = await source.read(header.dataOffset, Math.min(4096, record.compressedBytes))
  return record.method === deflated ? inflatedHead(head) : head
}

function isEncrypted(record: ZipRecord): boolean {
  return (record.flags & encryptedFlag) !== 0
}

/** Android does not look at the flag. What opens despite it was never encrypted. */
function encrypted(): EntryFault {
  return new EntryFault('encrypted: not read')
}

/** @throws EntryFault where it is encrypted */
function tellOfChecksum(record: ZipRecord, tell: Tell): void {
  if (isEncrypted(record)) throw encrypted()
  // Of what is compressed in another way it cannot be.
  if (record.method !== deflated && record.method !== stored) return
  tell('checksum is not that of its bytes: read all the same')
}
