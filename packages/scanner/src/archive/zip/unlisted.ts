import { type ByteSource, partOf, sourcePieces } from '../byte-source.ts'
import type { Walk } from '../container.ts'
import type { Member } from '../member.ts'
import { inflatedLeniently } from './inflate.ts'
import { printableName } from '../printable-name.ts'
import type { Ranges } from './ranges.ts'

/** Less than this between entries is padding, or the sizes that stand behind an entry. */
const minGapBytes = 64
const maxMembers = 1_000
const windowBytes = 1024 * 1024
const headerBytes = 30
const headerSignature = Buffer.from('PK\x03\x04', 'latin1')

type Found = {
  readonly name: string
  readonly isDeflated: boolean
  readonly dataOffset: number
  /** Of what can be its bytes: up to what comes next, where it does not say. */
  readonly end: number
}

/**
 * What lies in an archive and is not in its directory: entries that were taken out of it only, and other bytes before,
 * between and behind the entries. No app sees them; everybody who looks at the file does.
 */
export async function unlistedMembers(
  walk: Walk,
  source: ByteSource,
  covered: Ranges,
  prefix: string,
): Promise<readonly Member[]> {
  const members: Member[] = []
  for (const [start, end] of covered.gaps()) {
    if (end - start < minGapBytes) continue
    let at = start
    for await (const found of foundEntries(source, start, end)) {
      if (members.length >= maxMembers || !walk.budget.takeEntry()) {
        walk.notChecked(`${prefix}(not in the directory)`, 'more than is looked at')
        return members
      }
      // Tools that replace entries in place fill what is left over with an entry that has no name.
      if (found.name !== '') members.push(entryMember(walk, source, found, prefix))
      at = found.end
    }
    if (end - at >= minGapBytes && !(await isPadding(source, at, end))) {
      members.push(bytesMember(source, at, end, prefix))
    }
  }
  return members
}

/** Local headers between two places, one behind the other. */
async function* foundEntries(
  source: ByteSource,
  start: number,
  end: number,
): AsyncGenerator<Found> {
  for (let at = await nextHeader(source, start, end); at !== undefined; ) {
    const header = await source.read(at, headerBytes)
    const nameBytes = header.length < headerBytes ? 0 : header.readUInt16LE(26)
    const method = header.length < headerBytes ? -1 : header.readUInt16LE(8)
    const dataOffset = at + headerBytes + nameBytes + (nameBytes && header.readUInt16LE(28))
    if ((method !== 0 && method !== 8) || dataOffset > end) {
      at = await nextHeader(source, at + 4, end)
      continue
    }
    const name = printableName(await source.read(at + headerBytes, nameBytes))
    const said = dataOffset + header.readUInt32LE(18)
    const isKnown = said > dataOffset && said <= end
    const next: number | undefined = await nextHeader(source, isKnown ? said : dataOffset, end)
    yield { name, isDeflated: method === 8, dataOffset, end: isKnown ? said : (next ?? end) }
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

function entryMember(walk: Walk, source: ByteSource, found: Found, prefix: string): Member {
  const { wholeEntryBytes } = walk.limits
  const path = `${prefix}${found.name} (not in the directory, at ${found.dataOffset})`
  const part = partOf(source, found.dataOffset, found.end - found.dataOffset)
  walk.notChecked(
    path,
    'left out of the directory of the archive, so that no app sees it: read all the same',
  )
  if (!found.isDeflated) return partMember(part, path)
  const read = async () => {
    return inflatedLeniently(
      await part.read(0, Math.min(part.size, wholeEntryBytes)),
      wholeEntryBytes,
    )
  }
  return {
    path,
    // Nothing to go by: whatever it is, it is not read ahead with others.
    size: wholeEntryBytes,
    read,
    async *stream() {
      yield await read()
    },
    peek: read,
  }
}

function bytesMember(source: ByteSource, start: number, end: number, prefix: string): Member {
  return partMember(partOf(source, start, end - start), `${prefix}(bytes of no entry, at ${start})`)
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
