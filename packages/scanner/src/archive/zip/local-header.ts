import type { ByteSource } from '../byte-source.ts'
import { EntryFault } from '../entry.ts'
import { descriptorFlag, type ZipRecord } from './central-directory.ts'
import { printableName } from '../printable-name.ts'

/** Of its fields of fixed size (APPNOTE.TXT §4.3.7): name and extra field follow. */
export const localHeaderBytes = 30
/** Read along with the header: most extra fields are shorter, and then one read is enough. */
const likelyExtraBytes = 64

/** What stands before the bytes of an entry, held against what the directory says of it. */
export type LocalHeader = {
  /** Where the entry's bytes begin. */
  readonly dataOffset: number
  /** In what it says otherwise than the directory: `name`, `method`, `sizes`. */
  readonly differs: readonly string[]
}

/**
 * Android goes by the directory for everything but where the bytes begin: that is behind the local name and the local
 * extra field. It refuses entries whose local name or sizes differ (libziparchive, FindEntry), and does not look at
 * the local method.
 *
 * @throws EntryFault where there is no local header
 */
export async function readLocalHeader(source: ByteSource, record: ZipRecord): Promise<LocalHeader> {
  const head = await source.read(
    record.offset,
    localHeaderBytes + record.name.length + likelyExtraBytes,
  )
  if (head.length < localHeaderBytes || head.readUInt32LE(0) !== 0x04034b50) {
    throw new EntryFault('not where the directory of the archive says: not read')
  }
  const nameBytes = head.readUInt16LE(26)
  const name =
    localHeaderBytes + nameBytes <= head.length
      ? head.subarray(localHeaderBytes, localHeaderBytes + nameBytes)
      : await source.read(record.offset + localHeaderBytes, nameBytes)
  const differs: string[] = []
  if (printableName(name) !== record.name) differs.push('name')
  if (head.readUInt16LE(8) !== record.method) differs.push('method')
  if (!hasSameSizes(head, record)) differs.push('sizes')
  return {
    dataOffset: record.offset + localHeaderBytes + nameBytes + head.readUInt16LE(28),
    differs,
  }
}

/** With a data descriptor nobody looks at the local ones; with zip64 they are all ones. */
function hasSameSizes(head: Buffer, record: ZipRecord): boolean {
  if ((head.readUInt16LE(6) & descriptorFlag) !== 0) return true
  const isSame = (local: number, said: number) => local === said || local === 0xffffffff
  return (
    isSame(head.readUInt32LE(18), record.compressedBytes) &&
    isSame(head.readUInt32LE(22), record.bytes)
  )
}
