import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

export type FileHash = {
  /** SHA-256 of the file, in hex. */
  readonly hex: Promise<string>
  readonly stop: () => void
}

const pieceBytes = 512 * 1024

/** Reads it while other work waits for the disk, or for other threads. */
export function hashOf(file: FileHandle): FileHash {
  const stopping = new AbortController()
  const hex = sha256Of(file, stopping.signal)
  // Whoever awaits it hears of a failure; nobody may, where the scan ends early.
  hex.catch(() => {})
  return { hex, stop: () => stopping.abort() }
}

/** Into one buffer again and again: a stream makes one for each piece, and all of them wait to be collected. */
async function sha256Of(file: FileHandle, stopping: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  for (let at = 0; ; ) {
    stopping.throwIfAborted()
    const { bytesRead } = await file.read(piece, 0, pieceBytes, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(bytesRead === pieceBytes ? piece : piece.subarray(0, bytesRead))
    at += bytesRead
  }
}
