import type { FileHandle } from 'node:fs/promises'
import { EntryFault } from './entry.ts'

/** Bytes that can be read at any place: a file, a part of one, or memory. */
export type ByteSource = {
  readonly size: number
  /**
   * Fewer bytes than asked for only where the source ends. What is handed out is shared and must not be written to.
   *
   * @param offset from the beginning of the source, 0 … size
   */
  readonly read: (offset: number, length: number) => Promise<Buffer>
}

/** What is asked for in small pieces is read in larger ones: archives are mostly read from front to back. */
const windowBytes = 512 * 1024
const pieceBytes = 1024 * 1024

/**
 * A file that is open, and stays so for as long as it is read.
 *
 * @param size as it was when it was opened: what is written behind it is not read
 */
export function fileSource(file: FileHandle, size: number): ByteSource {
  let window: { offset: number; end: number; bytes: Promise<Buffer> } | undefined
  return {
    size,
    read: async (offset, length) => {
      const end = Math.min(offset + length, size)
      if (offset >= end) return Buffer.alloc(0)
      if (end - offset > windowBytes / 2) return readAt(file, offset, end - offset)
      if (!window || offset < window.offset || end > window.end) {
        const windowEnd = Math.min(offset + windowBytes, size)
        window = { offset, end: windowEnd, bytes: readAt(file, offset, windowEnd - offset) }
      }
      const { bytes, offset: base } = window
      return (await bytes).subarray(offset - base, end - base)
    },
  }
}

/** Bytes that are in memory: what is handed out are views of them. */
export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}

/** A part of another source, as a source of its own. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
  return {
    size,
    read: (offset, length) =>
      source.read(start + offset, Math.max(0, Math.min(length, size - offset))),
  }
}

/** @throws EntryFault where the source ends before that */
export async function* sourcePieces(
  source: ByteSource,
  offset: number,
  length: number,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; ) {
    const piece = await source.read(offset + done, Math.min(pieceBytes, length - done))
    if (piece.length === 0) throw new EntryFault('the archive ends before it does')
    yield piece
    done += piece.length
  }
}

/** `read` may hand out less than it was asked for before the end; a file that was cut meanwhile ends the loop. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}
