import { type ByteSource, partOf, sourcePieces } from '../byte-source.ts'
import type { Walk } from '../container.ts'
import type { Member } from '../member.ts'
import { printableName } from '../printable-name.ts'
import { inflatedHead, inflatedLeniently } from './inflate.ts'
import { localHeaderBytes } from './local-header.ts'
import type { Ranges } from './ranges.ts'

/** Less than this between entries is padding, or the sizes that stand behind an entry. */
const minGapBytes = 64
/** Small: the next header is mostly near, and a source keeps what it read around it. */
const windowBytes = 64 * 1024
/** What only looks like a header: bytes made of nothing else must not take all the time. */
const maxMisses = 100_000
const headerSignature = Buffer.from('PK\x03\x04', 'latin1')

type Found = {
  readonly name: string
  /** Of its local header. */
  readonly start: number
  readonly isDeflated: boolean
  readonly dataOffset: number
  /** Of what can be its bytes: up to what comes next, where it does not say. */
  readonly end: number
}

/**
 * What lies in an archive and is not in its directory: entries that were taken out of it only, and other bytes before,
 * between and behind the entries. No app sees them; everybody who looks at the file does.
 *
 * @param hasDirectory without one (the archive is cut off) these are all its entries, and called by their names alone
 */
export async function unlistedMembers(
  walk: Walk,
  source: ByteSource,
  { covered, prefix, hasDirectory }: { covered: Ranges; prefix: string; hasDirectory: boolean },
): Promise<readonly Member[]> {
  const members: Member[] = []
  const timesSeen = new Map<string, number>()
  const pathOf = ({ name, dataOffset }: Found) => {
    if (hasDirectory) return `${prefix}${name} (not in the directory, at ${dataOffset})`
    const times = (timesSeen.get(name) ?? 0) + 1
    timesSeen.set(name, times)
    return prefix + (times === 1 ? name : `${name}#${times}`)
  }
  const addBytes = async (start: number, end: number) => {
    if (end - start < minGapBytes || (await isPadding(source, start, end))) return
    members.push(
      partMember(partOf(source, start, end - start), `${prefix}(bytes of no entry, at ${start})`),
    )
  }
  for (const [start, end] of covered.gaps()) {
    if (end - start < minGapBytes) continue
    let at = start
    for await (const found of foundEntries(source, start, end)) {
      if (!walk.budget.takeEntry()) {
        walk.notChecked(`${prefix}(not in the directory)`, 'more than is looked at')
        return members
      }
      await addBytes(at, found.start)
      at = found.end
      // Tools that replace entries in place fill what is left over with an entry that has no name; folders are empty.
      if (found.name === '' || (found.name.endsWith('/') && found.end - found.dataOffset <= 2))
        continue
      const path = pathOf(found)
      if (hasDirectory) walk.notChecked(path, leftOut)
      members.push(entryMember(walk, source, found, path))
    }
    await addBytes(at, end)
  }
  return members
}

const leftOut =
  'left out of the directory of the archive, so that no app sees it: read all the same'

/** Local headers between two places, one behind the other. */
async function* foundEntries(
  source: ByteSource,
  start: number,
  end: number,
): AsyncGenerator<Found> {
  let misses = 0
  for (let at = await nextHeader(source, start, end); at !== undefined; ) {
    const header = await source.read(at, localHeaderBytes)
    const nameBytes = header.length < localHeaderBytes ? 0 : header.readUInt16LE(26)
    const method = header.length < localHeaderBytes ? -1 : header.readUInt16LE(8)
    const dataOffset = at + localHeaderBytes + nameBytes + (nameBytes && header.readUInt16LE(28))
    if ((method !== 0 && method !== 8) || dataOffset > end) {
      misses += 1
      if (misses === maxMisses) return
      at = await nextHeader(source, at + 4, end)
      continue
    }
    const name = printableName(await source.read(at + localHeaderBytes, nameBytes))
    const said = dataOffset + header.readUInt32LE(18)
    const isKnown = said > dataOffset && said <= end
    const next: number | undefined = await nextHeader(source, isKnown ? said : dataOffset, end)
    const foundEnd = isKnown ? said : (next ?? end)
    yield { name, start: at, isDeflated: method === 8, dataOffset, end: foundEnd }
    at = next
  }
}

async function nextHeader(
  source: ByteSource,
  start: number,
  end: number,
): Promise<number | undefined> {
  for (let at = start; at < end; at += windowBytes) {
    const window = await source.read(at, Math.min(windowBytes + 3, end - at))
    const index = window.indexOf(headerSignature)
    if (index >= 0) return at + index
  }
  return undefined
}

function entryMember(walk: Walk, source: ByteSource, found: Found, path: string): Member {
  const { wholeEntryBytes } = walk.limits
  const part = partOf(source, found.dataOffset, found.end - found.dataOffset)
  if (!found.isDeflated) return partMember(part, path)
  const read = async () => {
    const compressed = await part.read(0, Math.min(part.size, wholeEntryBytes))
    return inflatedLeniently(compressed, wholeEntryBytes)
  }
  return {
    path,
    // Nothing to go by: whatever it is, it is not read ahead with others.
    size: wholeEntryBytes,
    read,
    async *stream() {
      yield await read()
    },
    peek: async () => inflatedHead(await part.read(0, 4096)),
  }
}

function partMember(part: ByteSource, path: string): Member {
  return {
    path,
    size: part.size,
    read: () => part.read(0, part.size),
    stream: () => sourcePieces(part, 0, part.size),
    peek: () => part.read(0, 4096),
    open: () => Promise.resolve({ source: part, close: () => Promise.resolve() }),
  }
}

/** One byte over and over: to have what follows begin at a round place. */
async function isPadding(source: ByteSource, start: number, end: number): Promise<boolean> {
  for await (const piece of sourcePieces(source, start, end - start)) {
    const first = piece[0]
    if (first !== 0 && first !== 0xff) return false
    // A buffer that equals itself moved by one is one byte over and over.
    if (!piece.subarray(1).equals(piece.subarray(0, -1))) return false
  }
  return true
}
