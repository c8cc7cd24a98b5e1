import { type Entry, EntryFault } from '../archive/entry.ts'
import type { Sink } from '../sink.ts'
import { tellPiece } from '../strings/unknown-bytes.ts'
import { type ContentReader, openingBytes } from './content-reader.ts'
import { contentReaders } from './content-readers.ts'

export type LookAtPiece = (bytes: Buffer, offset: number) => void

/** Told by the first bytes of an entry. */
export function readerOf(bytes: Buffer, path: string): ContentReader | undefined {
  const head = bytes.subarray(0, openingBytes)
  return contentReaders.find((reader) => reader.takes(head, path))
}

/**
 * Reads an entry that is larger than what is read whole: detectors see each piece. Readers whose formats say where
 * things are get all of it after all, up to what they ask for; of the rest, runs of text are told piece by piece.
 *
 * @param isOver asked between pieces: the time for the scan has run out
 * @returns the name of the reader that had all of it
 * @throws EntryFault where the entry is damaged, or the time is over
 */
export async function readLargeEntry(
  entry: Entry,
  look: LookAtPiece,
  sink: Sink,
  isOver: () => boolean,
): Promise<string | undefined> {
  let whole: { reader: ContentReader; bytes: Buffer } | undefined
  let end = 0
  for await (const { bytes, offset } of entry.pieces()) {
    look(bytes, offset)
    if (offset === 0) {
      const reader = readerOf(bytes, entry.path)
      if (reader?.maxBytes !== undefined && entry.size <= reader.maxBytes) {
        whole = { reader, bytes: Buffer.allocUnsafe(entry.size) }
      }
    }
    if (whole === undefined) tellPiece(bytes, offset, entry.path, sink)
    else bytes.copy(whole.bytes, offset)
    end = offset + bytes.length
    if (isOver()) throw new EntryFault('the time for the scan was over: the rest was not read')
  }
  await whole?.reader.read(whole.bytes.subarray(0, end), entry, sink)
  return whole?.reader.name
}
