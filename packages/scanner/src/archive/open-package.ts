import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '@sallyport/problem'
import type { AppPackage, PackageFormat } from '../app-package.ts'
import type { NotChecked } from '../finding.ts'
import type { ScanLimits } from '../limits.ts'
import { kindOfFile } from '../package/bare-file.ts'
import { kindOf } from '../package/format.ts'
import { newBudget } from './budget.ts'
import { type ByteSource, fileSource, sourcePieces } from './byte-source.ts'
import type { Container, Walk } from './container.ts'
import { containerOf, zip } from './containers.ts'
import { type Entry, EntryFault } from './entry.ts'
import { hashOf } from './file-hash.ts'
import { listFolder } from './folder.ts'
import type { Listing, Member } from './member.ts'
import { printableName } from './printable-name.ts'
import { walkListing } from './walk.ts'

/** What is called so is a package, or a mistake. A JAR may hold anything, but it is an archive. */
const packageNames = /\.(?:apk|aab|apks|xapk|apkm|ipa|aar)$/i

export type OpenPackage = {
  /** As far as the container tells: id, version and SDKs are filled in from its manifest later. */
  readonly app: AppPackage
  /** Every entry once, in the order of the archive. What cannot be listed is told to `notChecked`. */
  readonly entries: AsyncIterable<Entry>
  /** Hex, of the whole file: read beside the entries. Undefined for folders. */
  readonly sha256: () => Promise<string | undefined>
  /** Whether it was written to since it was opened. Of folders, never. */
  readonly isChanged: () => Promise<boolean>
  readonly close: () => Promise<void>
  /** Why it could not be opened as what it is, or is taken for: told to `notChecked` too. */
  readonly unread: readonly NotChecked[]
}

/**
 * What it is, is told by its content. Archives in it are opened too.
 *
 * @param file a package, or a folder
 * @throws Error of the file system where it cannot be read at all; Problem `file_failed` where it is no file
 */
export async function openPackage(
  file: string,
  limits: ScanLimits,
  notChecked: Walk['notChecked'],
): Promise<OpenPackage> {
  const walk = { limits, budget: newBudget(limits), notChecked }
  const about = await stat(file)
  if (about.isDirectory()) return openFolder(walk, file)
  // A pipe or a device may never end.
  if (!about.isFile()) {
    throw new Problem('file_failed', {
      detail: `${file} is neither a file nor a folder`,
      found: 'a pipe, a device or a socket',
    })
  }
  return openFile(walk, file)
}

async function openFolder(walk: Walk, folder: string): Promise<OpenPackage> {
  const listing = await listFolder(walk, folder)
  for (const why of listing.odd) walk.notChecked('.', why)
  const unread: NotChecked[] = []
  const lost = losing(walk, '.', unread)
  for (const why of listing.damage ?? []) lost(why)
  if (listing.members.length === 0) lost('there is no file in it: there was nothing to look at')
  const { format, platform } = await kindOf(listing.members, 'folder')
  return {
    // An app of iOS is a folder; all others are archives that somebody unpacked.
    app: { format: format === 'app' ? 'app' : 'folder', platform, bytes: listing.bytes },
    entries: walkListing(walk, listing, 0),
    sha256: () => Promise.resolve(undefined),
    isChanged: () => Promise.resolve(false),
    close: () => Promise.resolve(),
    unread,
  }
}

async function openFile(walk: Walk, file: string): Promise<OpenPackage> {
  const handle = await open(file)
  const hash = hashOf(handle)
  const close = async () => {
    hash.stop()
    await handle.close()
  }
  try {
    const { size, mtimeMs } = await handle.stat()
    const source = fileSource(handle, size)
    const itself = wholeFile(source, printableName(Buffer.from(path.basename(file))))
    // Anything may have an archive behind it.
    const known = containerOf(await itself.peek(), itself.path)
    const container = known ?? zip
    const listing = await listFile(walk, source, container, itself.path)
    const kind = listing
      ? await kindOf(listing.members, container === zip ? 'zip' : 'file')
      : kindOfFile(await itself.peek())
    for (const why of listing?.odd ?? []) walk.notChecked(itself.path, why)
    const unread: NotChecked[] = []
    const lost = losing(walk, itself.path, unread)
    for (const why of listing?.damage ?? []) lost(why)
    // A build that failed leaves one, and so does /proc, whose files say no size.
    if (size === 0) lost('the file is empty: there was nothing to look at')
    // A download that broke off, or a page of an error, must not pass for an app in which nothing was found.
    else if (isNamedAsAnother(file, kind.format)) {
      lost('its name is that of a package, and its content is none')
    } else if (listing === undefined && known !== undefined) {
      lost(`${known.name} that cannot be unpacked here: there may be a package in it`)
    }
    const isChanged = async () => {
      const now = await handle.stat()
      return now.size !== size || now.mtimeMs !== mtimeMs
    }
    const entries = listing
      ? walkListing(walk, listing, 1)
      : walkListing(walk, { members: [itself], odd: [] }, 0)
    return {
      app: { ...kind, bytes: size },
      entries,
      sha256: () => hash.hex,
      isChanged,
      close,
      unread,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Paths in the package itself have nothing before them. Undefined where it cannot be opened. */
async function listFile(
  walk: Walk,
  source: ByteSource,
  { list }: Container,
  name: string,
): Promise<Listing | undefined> {
  try {
    return await list?.(walk, source, '', name)
  } catch (error) {
    // Walking over it as over any file comes to the same, and tells of it.
    if (error instanceof EntryFault) return undefined
    throw error
  }
}

function wholeFile(source: ByteSource, name: string): Member {
  return {
    path: name,
    size: source.size,
    read: () => source.read(0, source.size),
    stream: () => sourcePieces(source, 0, source.size),
    peek: () => source.read(0, 4096),
    open: () => Promise.resolve({ source, close: () => Promise.resolve() }),
  }
}

function losing({ notChecked }: Walk, path: string, unread: NotChecked[]): (why: string) => void {
  return (why) => {
    notChecked(path, why, 'whole')
    unread.push({ path, why })
  }
}

function isNamedAsAnother(file: string, format: PackageFormat): boolean {
  if (/\.jar$/i.test(file)) return format === 'file'
  return packageNames.test(file) && (format === 'file' || format === 'zip')
}
