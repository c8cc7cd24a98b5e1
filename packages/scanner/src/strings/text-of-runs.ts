import type { Sink } from '../sink.ts'
import type { ByteRange } from './byte-range.ts'
import { JoinedStrings, type StringsAbout } from './joined-strings.ts'
import { withLettersAround } from './letters-around.ts'
import { utf16Runs, utf8Runs } from './printable-runs.ts'

/** In characters: of data that is known to hold strings. In bytes of unknown content too much looks like one. */
export const shortestOfData = 4

/**
 * Hands over what can be read in these ranges of an entry, as UTF-8 and as UTF-16LE: of the latter what is ASCII, and
 * the same with letters of other scripts that stand around it.
 *
 * @param ranges within the bytes: the caller has checked
 */
export function textOfRuns(
  bytes: Buffer,
  ranges: readonly ByteRange[],
  minimumCharacters: number,
  about: Omit<StringsAbout, 'encoding'>,
  sink: Sink,
): void {
  const narrow = new JoinedStrings(sink, { ...about, encoding: 'utf8' })
  const wide = new JoinedStrings(sink, { ...about, encoding: 'utf16le' })
  for (const { start, end } of ranges) {
    utf8Runs(bytes, start, end, minimumCharacters, (from, to) => narrow.add(bytes, from, to))
    let toldUpTo = start
    utf16Runs(bytes, start, end, minimumCharacters, (from, to) => {
      wide.add(bytes, from, to)
      const around = withLettersAround(bytes, { start: from, end: to }, { start, end })
      // Once as ASCII alone, since what stands around it may be numbers that look like letters.
      if (from < toldUpTo || around.end - around.start === to - from) return
      wide.add(bytes, around.start, around.end)
      toldUpTo = around.end
    })
  }
  narrow.flush()
  wide.flush()
}
