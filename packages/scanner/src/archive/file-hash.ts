import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

export type FileHash = {
  /** SHA-256 of the file, in hex. */
  readonly hex: Promise<string>
  readonly stop: () => void
}

/** Reads it while other work waits for the disk, or for other threads. */
export function hashOf(file: FileHandle): FileHash {
  const stopping = new AbortController()
  const hash = createHash('sha256')
  const reading = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1024 * 1024 })
  const hex = pipeline(reading, hash, { signal: stopping.signal }).then(() => hash.digest('hex'))
  // Whoever awaits it hears of a failure; nobody may, where the scan ends early.
  hex.catch(() => {})
  return { hex, stop: () => stopping.abort() }
}
