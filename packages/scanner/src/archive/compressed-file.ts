import path from 'node:path'
import { Readable, type Transform } from 'node:stream'
import { type ByteSource, sourcePieces } from './byte-source.ts'
import type { Container, Walk } from './container.ts'
import { EntryFault } from './entry.ts'

/**
 * One file, compressed by itself: gzip, Zstandard, Brotli. What is damaged is read as far as it goes.
 *
 * @param ending left out of the name of what is in it
 * @param isGuess only the name says so: then it has to unpack to its end
 */
export function compressedFile(
  makeDecompressor: () => Transform,
  ending: RegExp,
  isGuess = false,
): NonNullable<Container['list']> {
  return async (walk, source, prefix, outerPath) => {
    const stream = () => decompressed(walk, source, makeDecompressor)
    const { bytes, isAll, damage } = await beginning(walk, stream)
    if (bytes.length === 0 || (isGuess && damage.length > 0)) return undefined
    const name = path.posix.basename(outerPath).replace(ending, '')
    const member = {
      path: prefix + name,
      // Nothing says how long the whole is. It is longer than what can be read whole, and that is enough to know.
      size: isAll ? bytes.length : walk.limits.wholeEntryBytes + 1,
      read: () => Promise.resolve(bytes),
      stream,
      peek: () => Promise.resolve(bytes.subarray(0, 4096)),
    }
    return { members: [member], odd: [], damage }
  }
}

/** All of it if it is small, or else its first bytes. */
async function beginning(
  { limits }: Walk,
  stream: () => AsyncIterable<Buffer>,
): Promise<{ bytes: Buffer; isAll: boolean; damage: readonly string[] }> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of stream()) {
      pieces.push(piece)
      length += piece.length
      if (length > limits.wholeEntryBytes) {
        return { bytes: Buffer.concat(pieces.slice(0, 1)), isAll: false, damage: [] }
      }
    }
    return { bytes: Buffer.concat(pieces, length), isAll: true, damage: [] }
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error
    return { bytes: Buffer.concat(pieces, length), isAll: true, damage: [error.message] }
  }
}

async function* decompressed(
  { limits }: Walk,
  source: ByteSource,
  makeDecompressor: () => Transform,
): AsyncGenerator<Buffer> {
  const decompressor = makeDecompressor()
  const reading = Readable.from(sourcePieces(source, 0, source.size), { objectMode: false })
  reading.on('error', (error) => decompressor.destroy(error))
  let total = 0
  try {
    for await (const piece of reading.pipe(decompressor) as AsyncIterable<Buffer>) {
      total += piece.length
      if (total > limits.entryBytes) {
        throw new EntryFault(
          `unpacks to more than ${limits.entryBytes} bytes: only those were read`,
        )
      }
      yield piece
    }
  } catch (error) {
    if (error instanceof EntryFault) throw error
    throw new EntryFault(
      `compressed bytes are damaged after ${total} bytes (${(error as Error).message}): read up to there`,
    )
  } finally {
    reading.destroy()
    decompressor.destroy()
  }
}
