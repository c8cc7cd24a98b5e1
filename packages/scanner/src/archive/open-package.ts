import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { AppPackage } from '../app-package.ts'
import type { ScanLimits } from '../limits.ts'
import { kindOfFile } from '../package/bare-file.ts'
import { kindOf } from '../package/format.ts'
import { newBudget } from './budget.ts'
import { type ByteSource, fileSource } from './byte-source.ts'
import type { Entry } from './entry.ts'
import { overlappingPieces } from './overlapping-pieces.ts'
import { type Walk, walkZip } from './walk-zip.ts'
import { listZip, type ZipListing } from './zip/list-zip.ts'
import { peekZipEntry } from './zip/zip-archive.ts'

export type OpenPackage = {
  /** As far as the container tells: id, version and SDKs are filled in from its manifest later. */
  readonly app: AppPackage
  /** Every entry once, in the order of the archive. What cannot be listed is told to `notChecked`. */
  readonly entries: AsyncIterable<Entry>
  /** Hex, of the whole file; read beside the entries. Undefined for folders. */
  readonly sha256: Promise<string | undefined>
  readonly close: () => Promise<void>
}

/**
 * What it is, is told by its content. Archives in it are opened too.
 *
 * @param file a package, or a folder
 * @throws Error of the file system where it cannot be read at all
 */
export async function openPackage(
  file: string,
  limits: ScanLimits,
  notChecked: (path: string, why: string) => void,
): Promise<OpenPackage> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const source = fileSource(handle, size)
    const walk = { limits, budget: newBudget(limits), notChecked }
    const sha256 = hashOf(file)
    // Whoever awaits it hears of the failure.
    sha256.catch(() => {})
    const listing = await listZip(source, walk.budget)
    const shared = { sha256, close: () => handle.close() }
    if (!listing) {
      const kind = kindOfFile(await source.read(0, 64))
      return { app: { ...kind, bytes: size }, entries: wholeFile(walk, source, file), ...shared }
    }
    for (const why of listing.odd) notChecked(path.basename(file), why)
    const kind = await kindOfListing(source, listing)
    const entries = walkZip(walk, source, listing, '', 1)
    return { app: { ...kind, bytes: size }, entries, ...shared }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function kindOfListing(source: ByteSource, { files }: ZipListing) {
  const records = new Map(files.map(({ path, record }) => [path, record]))
  const peek = async (path: string) => {
    const record = records.get(path)
    return record ? peekZipEntry(source, record) : Buffer.alloc(0)
  }
  return kindOf({ paths: new Set(records.keys()), peek }, 'zip')
}

async function* wholeFile(
  { limits }: Walk,
  source: ByteSource,
  file: string,
): AsyncGenerator<Entry> {
  async function* bytes() {
    for (let at = 0; at < source.size; at += limits.pieceBytes) {
      yield await source.read(at, limits.pieceBytes)
    }
  }
  yield {
    path: path.basename(file),
    size: source.size,
    read: () => source.read(0, source.size),
    pieces: () => overlappingPieces(bytes(), limits),
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}
