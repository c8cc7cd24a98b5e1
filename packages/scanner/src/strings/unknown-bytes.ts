import type { ContentReader } from '../content/content-reader.ts'
import type { Sink } from '../sink.ts'
import { textOfRuns } from './text-of-runs.ts'

/** In random bytes, about two in a hundred lie in a run of this length. */
const shortestString = 6

/** What no other reader takes: what can be read in it, in UTF-8 or UTF-16. */
export const unknownBytesReader: ContentReader = {
  name: 'unknown content',
  takes: () => true,
  read: (bytes, { path }, sink) => tellPiece(bytes, 0, path, sink),
}

/**
 * A piece of an entry that is too large to be read whole.
 *
 * @param offset of the piece in the entry
 */
export function tellPiece(bytes: Buffer, offset: number, path: string, sink: Sink): void {
  const whole = [{ start: 0, end: bytes.length }]
  textOfRuns(bytes, whole, shortestString, { path, source: 'bytes', baseOffset: offset }, sink)
}
