import { EntryFault } from '../archive/entry.ts'
import { type ContentReader, maxProgramBytes } from '../content/content-reader.ts'
import { type ByteRange, withoutOverlaps } from '../strings/byte-range.ts'
import { Fields } from '../strings/fields.ts'
import { shortestOfData, textOfRuns } from '../strings/text-of-runs.ts'
import { isAssemblyStore, readAssemblies } from './dotnet.ts'

/** The kernel's own bound for program headers; what links files writes far fewer of either. */
const maxHeaders = 4096

/** Where the fields of the two classes lie (System V ABI, chapter 4). */
type Layout = {
  readonly address: 'u32' | 'u64'
  readonly programTable: number
  readonly sectionTable: number
  /** The six 16-bit fields at the end of the header, from e_ehsize on. */
  readonly sizes: number
  readonly program: { bytes: number; flags: number; offset: number; length: number }
  readonly section: { bytes: number; flags: number; offset: number; length: number }
}

const layouts: Record<number, Layout> = {
  1: {
    address: 'u32',
    programTable: 28,
    sectionTable: 32,
    sizes: 40,
    program: { bytes: 32, flags: 24, offset: 4, length: 16 },
    section: { bytes: 40, flags: 8, offset: 16, length: 20 },
  },
  2: {
    address: 'u64',
    programTable: 32,
    sectionTable: 40,
    sizes: 52,
    program: { bytes: 56, flags: 4, offset: 8, length: 32 },
    section: { bytes: 64, flags: 8, offset: 24, length: 32 },
  },
}

/** What a linker adds even to the smallest file: symbols and relocations, that are loaded too. */
const linkerBytes = 4096

const programBits = 1
const sectionExecutableFlag = 4
const loadedSegment = 1
const segmentFlags = { executable: 1, writable: 2 }

/** Allocated like data, and made by the linker from code: nothing of a developer's is in them. */
const linkerSections = /^\.(eh_frame|gcc_except_table|note|plt|got|rela?\b|debug|zdebug)/

/**
 * ELF of either class and byte order: shared libraries of Android, with Flutter's snapshots in them. Strings of
 * the data it is loaded with; by its program headers where it has no sections that can be read. Code is left out:
 * strings that code builds are not seen.
 */
export const elfReader: ContentReader = {
  name: 'ELF',
  maxBytes: maxProgramBytes,
  takes: (head) => head.length >= 52 && head.readUInt32BE(0) === 0x7f454c46,
  read: (bytes, { path }, sink) => {
    const layout = layouts[bytes[4] ?? 0]
    const order = bytes[5]
    if (layout === undefined || (order !== 1 && order !== 2)) {
      throw new EntryFault('ELF of an unknown class or byte order')
    }
    const fields = new Fields(bytes, order === 1, 'ELF')
    const about = { path, source: 'native-strings' } as const
    const ranges = dataRanges(fields, layout)
    const stores = ranges.filter(({ start }) => isAssemblyStore(bytes, start))
    for (const { start, end } of stores)
      readAssemblies(bytes.subarray(start, end), start, path, sink)
    const others = ranges.filter((range) => !stores.includes(range))
    textOfRuns(bytes, others, shortestOfData, about, sink)
  },
}

/**
 * Sections, unless there are none or they leave out most of what is loaded, as those of packed files do; then
 * segments, otherwise all of it.
 */
function dataRanges(fields: Fields, layout: Layout): readonly ByteRange[] {
  const sections = sectionRanges(fields, layout)
  const segments = segmentRanges(fields, layout)
  const isMost = lengthOf(sections) * 4 + linkerBytes >= lengthOf(segments)
  if (isMost && sections.length > 0) return sections
  return segments.length > 0 ? segments : [{ start: 0, end: fields.bytes.length }]
}

function lengthOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

function sectionRanges(fields: Fields, layout: Layout): ByteRange[] {
  const { bytes: size, flags, offset, length } = layout.section
  const table = fields[layout.address](layout.sectionTable)
  const count = fields.u16(layout.sizes + 8)
  if (fields.u16(layout.sizes + 6) !== size || count > maxHeaders) return []
  if (table === 0 || !fields.holds(table, count * size)) return []
  const nameTable = table + fields.u16(layout.sizes + 10) * size
  const ranges: ByteRange[] = []
  for (let at = table; at < table + count * size; at += size) {
    const type = fields.u32(at + 4)
    const flagBits = fields[layout.address](at + flags)
    if (type !== programBits || (flagBits & sectionExecutableFlag) !== 0) continue
    if (linkerSections.test(sectionName(fields, layout, nameTable, fields.u32(at)))) continue
    const start = fields[layout.address](at + offset)
    const end = start + fields[layout.address](at + length)
    if (start < end && end <= fields.bytes.length) ranges.push({ start, end })
  }
  return withoutOverlaps(ranges)
}

function sectionName(fields: Fields, layout: Layout, nameTable: number, name: number): string {
  if (!fields.holds(nameTable, layout.section.bytes)) return ''
  const at = fields[layout.address](nameTable + layout.section.offset) + name
  return fields.holds(at, 0) ? fields.name(at, 64) : ''
}

function segmentRanges(fields: Fields, layout: Layout): ByteRange[] {
  const { bytes: size, flags, offset, length } = layout.program
  const table = fields[layout.address](layout.programTable)
  const count = fields.u16(layout.sizes + 4)
  if (fields.u16(layout.sizes + 2) !== size || count > maxHeaders) return []
  if (table === 0 || !fields.holds(table, count * size)) return []
  const data: ByteRange[] = []
  const all: ByteRange[] = []
  let hasConstants = false
  for (let at = table; at < table + count * size; at += size) {
    if (fields.u32(at) !== loadedSegment) continue
    const start = fields[layout.address](at + offset)
    const end = Math.min(start + fields[layout.address](at + length), fields.bytes.length)
    if (start >= end) continue
    const flagBits = fields.u32(at + flags)
    all.push({ start, end })
    if ((flagBits & segmentFlags.executable) === 0) data.push({ start, end })
    hasConstants ||= (flagBits & (segmentFlags.executable | segmentFlags.writable)) === 0
  }
  // Some linkers put constants beside the code, where nothing tells them apart.
  return withoutOverlaps(hasConstants ? data : all)
}
