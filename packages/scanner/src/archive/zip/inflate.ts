import { promisify } from 'node:util'
import { constants, createInflateRaw, inflateRaw, inflateRawSync } from 'node:zlib'
import { EntryFault } from '../entry.ts'

const inflateOnPool = promisify(inflateRaw)
/** Below this, handing over to another thread costs more than the work. */
const smallBytes = 16 * 1024

/**
 * @param size what it has to come to, exactly
 * @throws EntryFault
 */
export async function inflated(compressed: Buffer, size: number): Promise<Buffer> {
  // One byte more than is expected, so that it takes one pass into one buffer.
  const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(1, size) }
  try {
    const bytes =
      compressed.length < smallBytes && size < 8 * smallBytes
        ? inflateRawSync(compressed, options)
        : await inflateOnPool(compressed, options)
    if (bytes.length === size) return bytes
  } catch (error) {
    throw inflateFault(error)
  }
  throw new EntryFault('holds fewer bytes than the archive says: not read')
}

/** What the first bytes of something deflated come to; nothing where they are damaged. */
export function inflatedHead(compressed: Buffer): Buffer {
  try {
    return inflateRawSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}

/** As much as there is of what may be cut off, with anything behind it. @throws EntryFault */
export async function inflatedLeniently(compressed: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await inflateOnPool(compressed, {
      chunkSize: 64 * 1024,
      maxOutputLength: maxBytes,
      finishFlush: constants.Z_SYNC_FLUSH,
    })
  } catch (error) {
    throw inflateFault(error)
  }
}

/** What `inflated` gives, piece by piece, for what is too large to be held. @throws EntryFault */
export async function* inflatedPieces(
  compressed: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 })
  const feeding = feed(compressed, inflate)
  let total = 0
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) {
      total += piece.length
      if (total > size)
        throw new EntryFault('holds more bytes than the archive says: the rest was not read')
      yield piece
    }
    await feeding
  } catch (error) {
    throw inflateFault(error)
  } finally {
    inflate.destroy()
  }
  if (total < size) throw new EntryFault('holds fewer bytes than the archive says')
}

/** Errors of the stream come out where it is read; what reading the file throws is carried there. */
async function feed(
  compressed: AsyncIterable<Buffer>,
  inflate: ReturnType<typeof createInflateRaw>,
): Promise<void> {
  try {
    for await (const piece of compressed) {
      if (inflate.destroyed) return
      if (!inflate.write(piece))
        await new Promise<void>((resolve) => inflate.once('drain', resolve))
    }
    inflate.end()
  } catch (error) {
    inflate.destroy(error as Error)
  }
}

function inflateFault(error: unknown): EntryFault {
  if (error instanceof EntryFault) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    return new EntryFault('holds more bytes than the archive says: not read')
  }
  if (code.startsWith('Z_')) {
    return new EntryFault(`compressed bytes are damaged (${(error as Error).message})`)
  }
  throw error
}
