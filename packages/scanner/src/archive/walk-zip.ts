import type { ScanLimits } from '../limits.ts'
import type { Budget } from './budget.ts'
import { bufferSource, type ByteSource } from './byte-source.ts'
import { containerOf } from './container.ts'
import { type Entry, EntryFault } from './entry.ts'
import { loadAhead } from './load-ahead.ts'
import { overlappingPieces } from './overlapping-pieces.ts'
import { type ListedFile, listZip, type ZipListing } from './zip/list-zip.ts'
import { readZipEntry, readZipPieces, zipEntryBytes } from './zip/zip-archive.ts'

/** What all archives of one package share. */
export type Walk = {
  readonly limits: ScanLimits
  readonly budget: Budget
  readonly notChecked: (path: string, why: string) => void
}

/** Per level of archives within archives. */
const ahead = { items: 8, bytes: 12 * 1024 * 1024 }

/**
 * The entries of an archive, and those of archives in it.
 *
 * @param prefix put before each path: empty, or it ends with `!/`
 * @param depth 1 for the archive that is the package
 */
export async function* walkZip(
  walk: Walk,
  source: ByteSource,
  listing: ZipListing,
  prefix: string,
  depth: number,
): AsyncGenerator<Entry> {
  const { limits } = walk
  const isWhole = (file: ListedFile) => zipEntryBytes(file.record) <= limits.wholeEntryBytes
  const read = (file: ListedFile) => {
    if (!walk.budget.takeBytes(zipEntryBytes(file.record))) return Promise.reject(tooMuch(limits))
    const tell = (why: string) => walk.notChecked(prefix + file.path, why)
    return readZipEntry(source, file.record, limits, tell)
  }
  const sizeOf = (file: ListedFile) => (isWhole(file) ? zipEntryBytes(file.record) : undefined)
  for (const { item: file, load } of loadAhead(listing.files, sizeOf, read, ahead)) {
    const path = prefix + file.path
    const size = zipEntryBytes(file.record)
    const pieces = async function* () {
      if (!walk.budget.takeBytes(size)) throw tooMuch(limits)
      const tell = (why: string) => walk.notChecked(path, why)
      yield* overlappingPieces(readZipPieces(source, file.record, limits, tell), limits)
    }
    if (!isWhole(file)) {
      yield { path, size, read: load, pieces }
      continue
    }
    const outcome = await load().catch((error: unknown) => error)
    if (!Buffer.isBuffer(outcome)) {
      yield { path, size, read: () => Promise.reject(outcome), pieces }
      continue
    }
    const inner = await openedInner(walk, outcome, path, depth)
    if (inner) yield* walkZip(walk, inner.source, inner.listing, `${path}!/`, depth + 1)
    else yield { path, size, read: () => Promise.resolve(outcome), pieces }
  }
}

async function openedInner(walk: Walk, bytes: Buffer, path: string, depth: number) {
  const container = containerOf(bytes)
  if (container?.kind !== 'zip') return undefined
  if (depth >= walk.limits.depth) {
    walk.notChecked(path, `It is an archive in ${depth} others, and was looked at as bytes.`)
    return undefined
  }
  const source = bufferSource(bytes)
  const listing = await listZip(source, walk.budget)
  if (!listing) return undefined
  for (const why of listing.odd) walk.notChecked(path, why)
  return { source, listing }
}

function tooMuch({ totalBytes }: ScanLimits): EntryFault {
  return new EntryFault(
    `The package unpacks to more than ${totalBytes} bytes. This and what follows was not read.`,
  )
}
