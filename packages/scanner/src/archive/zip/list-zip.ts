import { type ByteSource, partOf } from '../byte-source.ts'
import type { Walk } from '../container.ts'
import { EntryFault } from '../entry.ts'
import type { Listing, Member } from '../member.ts'
import { directoryRecords, type ZipRecord } from './central-directory.ts'
import { type DirectoryPlace, findDirectory } from './end-record.ts'
import { localHeaderBytes } from './local-header.ts'
import { overlapping } from './overlapping.ts'
import { newRanges, type Ranges } from './ranges.ts'
import { signingBlock } from './signing-block.ts'
import { unlistedMembers } from './unlisted.ts'
import {
  isStored,
  peekZipEntry,
  readZipEntry,
  readZipPieces,
  zipEntryBytes,
  zipEntryData,
} from './zip-entry.ts'

type ListedFile = { readonly path: string; readonly record: ZipRecord }

/**
 * The files of a ZIP archive as its directory names them, in that order; then what no directory names. Where the
 * directory is missing that is all there is: an archive that is cut off.
 */
export async function listZip(
  walk: Walk,
  source: ByteSource,
  prefix: string,
): Promise<Listing | undefined> {
  const { place, odd: oddEnd } = await findDirectory(source)
  if (!place) {
    const isZip = (await source.read(0, 4)).toString('latin1') === 'PK\x03\x04'
    return isZip ? withoutDirectory(walk, source, prefix) : undefined
  }
  const covered = newRanges(source.size)
  const { files, odd, damage, isCut } = await listFiles(walk, source, place, covered)
  covered.add(place.offset, place.end + 22)
  for (const [start, end] of await signingBlock(source, place.offset)) covered.add(start, end)
  const overlaps = overlapping(files.map(({ record }) => record))
  const takeOverlap = allowance(walk.limits.wholeEntryBytes)
  const checkOverlap = (index: number, bytes: number) => {
    if (!overlaps.has(index) || takeOverlap(bytes)) return
    throw new EntryFault(
      'its bytes are those of other entries too, as in archives made to fill memory: not read',
    )
  }
  const members = {
    *[Symbol.iterator]() {
      for (const [index, { path, record }] of files.entries()) {
        const check = () => checkOverlap(index, zipEntryBytes(record))
        yield memberOf(walk, source, { path: prefix + path, record }, covered, check)
      }
    },
  }
  return {
    members,
    odd: [...oddEnd, ...odd],
    damage,
    // Where the directory was not read to its end, nobody knows what it leaves out.
    ...(isCut
      ? {}
      : { rest: () => unlistedMembers(walk, source, { covered, prefix, hasDirectory: true }) }),
  }
}

async function withoutDirectory(
  walk: Walk,
  source: ByteSource,
  prefix: string,
): Promise<Listing | undefined> {
  const members = await unlistedMembers(walk, source, {
    covered: newRanges(source.size),
    prefix,
    hasDirectory: false,
  })
  if (members.length === 0) return undefined
  return {
    members,
    odd: [],
    damage: ['an archive without a directory, cut off or damaged: read as far as it goes'],
  }
}

/** Names are made unique: `classes.dex#2` is the second of that name. Folders are left out. */
async function listFiles(walk: Walk, source: ByteSource, place: DirectoryPlace, covered: Ranges) {
  const files: ListedFile[] = []
  const odd: string[] = []
  const damage: string[] = []
  const timesSeen = new Map<string, number>()
  let count = 0
  let isCut = false
  for await (const record of directoryRecords(source, place)) {
    if (!walk.budget.takeEntry()) {
      damage.push(
        `more entries than are looked at (${place.count}, it says): the first ${count} were read`,
      )
      isCut = true
      break
    }
    count += 1
    const { offset, name, compressedBytes } = record
    // At least: what is read is known better.
    covered.add(offset, offset + localHeaderBytes + name.length + compressedBytes)
    const times = (timesSeen.get(record.name) ?? 0) + 1
    timesSeen.set(record.name, times)
    if (isFolder(record)) continue
    files.push({ path: times === 1 ? record.name : `${record.name}#${times}`, record })
  }
  const twice = count - timesSeen.size
  if (twice > 0) {
    odd.push(
      `${twice} of its entries have the name of another, which Android does not install: all were read`,
    )
  }
  // The count of an archive without zip64 is only that of its last 16 bits.
  if (!isCut && count !== place.count && count % 0x10000 !== place.count) {
    // Android takes no archive whose directory ends before its count does.
    const lines = count < place.count ? damage : odd
    lines.push(
      `its end says that there are ${place.count} entries, and its directory has ${count}: all were read`,
    )
  }
  return { files, odd, damage, isCut }
}

function isFolder({ name, bytes, compressedBytes }: ZipRecord): boolean {
  return name.endsWith('/') && bytes === 0 && compressedBytes <= 2
}

function memberOf(
  walk: Walk,
  source: ByteSource,
  { path, record }: ListedFile,
  covered: Ranges,
  checkOverlap: () => void,
): Member {
  const { limits } = walk
  const tell = (why: string) => walk.notChecked(path, why)
  const data = async () => {
    checkOverlap()
    const found = await zipEntryData(source, record, limits, tell)
    covered.add(record.offset, found.offset + found.length)
    return found
  }
  return {
    path,
    size: zipEntryBytes(record),
    read: async () => readZipEntry(source, record, await data(), tell),
    async *stream() {
      yield* readZipPieces(source, record, await data(), tell)
    },
    peek: () => peekZipEntry(source, record),
    ...(isStored(record)
      ? {
          open: async () => {
            const { offset, length } = await data()
            return { source: partOf(source, offset, length), close: () => Promise.resolve() }
          },
        }
      : {}),
  }
}

function allowance(bytes: number): (taken: number) => boolean {
  let left = bytes
  return (taken) => {
    if (taken > left) return false
    left -= taken
    return true
  }
}
