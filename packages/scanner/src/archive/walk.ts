import type { Extent } from '../finding.ts'
import type { ScanLimits } from '../limits.ts'
import { bufferSource } from './byte-source.ts'
import type { Container, Walk } from './container.ts'
import { containerOf } from './containers.ts'
import { type Entry, EntryFault } from './entry.ts'
import { loadAhead } from './load-ahead.ts'
import type { Listing, Member, OpenSource } from './member.ts'
import { overlappingPieces } from './overlapping-pieces.ts'
import { spilled } from './spill.ts'

/** For each level of archives within archives. */
const ahead = { members: 3, bytes: 2 * 1024 * 1024 }

/**
 * The files of a container as entries. Those that are containers themselves are opened, and their files stand for
 * them.
 *
 * @param depth 1 for what lies in the package itself
 */
export async function* walkListing(
  walk: Walk,
  listing: Listing,
  depth: number,
): AsyncGenerator<Entry> {
  yield* walkMembers(walk, listing.members, depth)
  if (listing.rest) yield* walkMembers(walk, await listing.rest(), depth)
}

async function* walkMembers(
  walk: Walk,
  members: Iterable<Member>,
  depth: number,
): AsyncGenerator<Entry> {
  const { wholeEntryBytes } = walk.limits
  const sizeOf = ({ size }: Member) => (size <= wholeEntryBytes ? size : undefined)
  const read = (member: Member) => readCounted(walk, member)
  for (const { member, load } of loadAhead(members, sizeOf, read, ahead)) {
    if (member.size > wholeEntryBytes) {
      yield* walkLarge(walk, member, depth)
      continue
    }
    // It was on its way already: a fault is kept for whoever reads the entry.
    const outcome = await load().catch((fault: unknown) => fault)
    if (!Buffer.isBuffer(outcome)) {
      yield entryOf(walk, member, () => Promise.reject(outcome))
      continue
    }
    const read = () => Promise.resolve(outcome)
    const container = containerOf(outcome, member.path)
    const open = () => held(walk, outcome)
    const isOpened =
      container !== undefined && (yield* walkContainer(walk, container, member, depth, open))
    if (!isOpened) yield entryOf(walk, { ...member, size: outcome.length }, read)
  }
}

async function* walkLarge(walk: Walk, member: Member, depth: number): AsyncGenerator<Entry> {
  const container = containerOf(await member.peek(), member.path)
  const open = member.open ?? (() => spilled(streamCounted(walk, member), walk.budget))
  const isOpened =
    container !== undefined && (yield* walkContainer(walk, container, member, depth, open))
  if (!isOpened) yield entryOf(walk, member, () => readCounted(walk, member))
}

/** @returns whether its files stand for it */
async function* walkContainer(
  walk: Walk,
  container: Container,
  { path }: Member,
  depth: number,
  open: () => Promise<OpenSource>,
): AsyncGenerator<Entry, boolean> {
  const tell = (why: string, extent?: Extent) => walk.notChecked(path, why, extent)
  const { list } = container
  if (!list) {
    tell(`compressed as ${container.name}, which is not unpacked here: looked at as bytes`)
    return false
  }
  if (depth >= walk.limits.depth) {
    tell(`archive in ${depth} archives, one within the other: looked at as bytes`)
    return false
  }
  let opened: OpenSource | undefined
  try {
    opened = await open()
    const listing = await list(walk, opened.source, `${path}!/`, path)
    if (!listing) return false
    for (const why of listing.odd) tell(why)
    for (const why of listing.damage ?? []) tell(why, 'whole')
    yield* walkListing(walk, listing, depth + 1)
    return true
  } catch (error) {
    const why = error instanceof EntryFault ? error.message : `opening it failed: ${String(error)}`
    tell(why, 'whole')
    return false
  } finally {
    await opened?.close()
  }
}

/** Archives within archives stay in memory while their files are read, as far as there is room. */
async function held({ budget }: Walk, bytes: Buffer): Promise<OpenSource> {
  if (!budget.hold(bytes.length)) return spilled(asPieces(bytes), budget)
  return {
    source: bufferSource(bytes),
    close: async () => budget.release(bytes.length),
  }
}

async function* asPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function entryOf(walk: Walk, member: Member, read: () => Promise<Buffer>): Entry {
  const { path, size } = member
  const pieces = () => overlappingPieces(streamCounted(walk, member), walk.limits)
  return { path, size, read, pieces }
}

/** What is not used is given back: an archive made to use it all up must not hide what comes after. */
async function readCounted({ budget, limits }: Walk, member: Member): Promise<Buffer> {
  if (!budget.takeBytes(member.size)) throw tooMuch(limits)
  let used = 0
  try {
    const bytes = await member.read()
    used = bytes.length
    return bytes
  } finally {
    budget.giveBackBytes(member.size - used)
  }
}

async function* streamCounted({ budget, limits }: Walk, member: Member): AsyncGenerator<Buffer> {
  for await (const piece of member.stream()) {
    if (!budget.takeBytes(piece.length)) throw tooMuch(limits)
    yield piece
  }
}

function tooMuch({ totalBytes }: ScanLimits): EntryFault {
  return new EntryFault(`the package unpacks to more than ${totalBytes} bytes: not read`)
}
