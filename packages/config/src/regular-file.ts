import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { getSystemErrorMessage } from 'node:util'

/** What a file holds, or why it was not read. */
export type FileBytes =
  | { readonly bytes: Buffer }
  | { readonly fault: 'unreadable'; readonly why: string; readonly cause?: unknown }
  | { readonly fault: 'too large'; readonly why: string }

const chunkBytes = 64 * 1024

/**
 * Reads a file of at most `maxBytes`. Names of files come from others' files and from command lines: a pipe would never
 * end, a device has no end, and neither is waited for.
 */
export function readRegularFile(file: string, maxBytes: number): FileBytes {
  try {
    // Without O_NONBLOCK the opening itself waits for somebody who writes into a pipe.
    const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const what = kindOf(fstatSync(handle))
      if (what !== undefined) return { fault: 'unreadable', why: `it is ${what}, and no file` }
      return readWhole(handle, maxBytes)
    } finally {
      closeSync(handle)
    }
  } catch (cause) {
    return { fault: 'unreadable', why: reasonOf(cause), cause }
  }
}

function readWhole(handle: number, maxBytes: number): FileBytes {
  const chunks: Buffer[] = []
  for (let total = 0; total <= maxBytes; ) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, maxBytes + 1 - total))
    const read = readSync(handle, chunk, 0, chunk.length, null)
    if (read === 0) return { bytes: Buffer.concat(chunks) }
    chunks.push(chunk.subarray(0, read))
    total += read
  }
  return { fault: 'too large', why: `it has more than ${maxBytes} bytes` }
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'a directory'
  return stats.isFIFO() ? 'a pipe' : 'a device'
}

/** `ENOENT: no such file or directory`. */
function reasonOf(cause: unknown): string {
  const { code, errno } = cause as NodeJS.ErrnoException
  return errno === undefined ? String(cause) : `${code}: ${getSystemErrorMessage(errno)}`
}
