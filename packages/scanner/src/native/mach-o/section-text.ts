import type { Sink } from '../../sink.ts'
import { type ByteRange, withoutOverlaps } from '../../strings/byte-range.ts'
import { JoinedStrings } from '../../strings/joined-strings.ts'
import { shortestOfData, textOfRuns } from '../../strings/text-of-runs.ts'
import type { LoadCommands, Section } from './load-commands.ts'
import type { Slice } from './slices.ts'

/** Written by the compiler about the code, not by a developer: names of types and methods, tables for unwinding. */
const compilerSections =
  /^__(?:objc_|swift5_|unwind_info|eh_frame|gcc_except|stub|auth_stub|got|la_symbol|nl_symbol)/

/** Strings of a slice: of its constants and data. Constant strings of Swift and Objective-C lie in these too. */
export function tellSections(
  slice: Slice,
  { sections, encrypted }: LoadCommands,
  path: string,
  sink: Sink,
): void {
  const { bytes } = slice.fields
  const read = sections.filter(
    (section) =>
      !section.isCode && !compilerSections.test(section.name) && !overlaps(section, encrypted),
  )
  const isWide = ({ name }: Section) => name === '__ustring'
  const about = { path, source: 'native-strings', baseOffset: slice.offset } as const
  // A file without sections that can be read is no reason to pass it over.
  const ranges =
    sections.length > 0
      ? withoutOverlaps(read.filter((each) => !isWide(each)))
      : wholeBut(encrypted, bytes)
  textOfRuns(bytes, ranges, shortestOfData, about, sink)
  const wide = new JoinedStrings(sink, { ...about, encoding: 'utf16le' })
  for (const section of withoutOverlaps(read.filter(isWide))) addUnits(bytes, section, wide)
  wide.flush()
}

/** Strings of UTF-16, each ended by a zero. */
function addUnits(bytes: Buffer, { start, end }: ByteRange, into: JoinedStrings): void {
  let from = start
  for (let at = start; at + 2 <= end; at += 2) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0) continue
    if (at > from) into.add(bytes, from, at)
    from = at + 2
  }
  const rest = from + ((end - from) & ~1)
  if (rest > from) into.add(bytes, from, rest)
}

function overlaps({ start, end }: ByteRange, other: ByteRange | undefined): boolean {
  return other !== undefined && start < other.end && other.start < end
}

function wholeBut(encrypted: ByteRange | undefined, bytes: Buffer): ByteRange[] {
  const end = bytes.length
  if (encrypted === undefined) return [{ start: 0, end }]
  const behind = Math.min(encrypted.end, end)
  return [
    { start: 0, end: Math.min(encrypted.start, end) },
    { start: behind, end },
  ]
}
