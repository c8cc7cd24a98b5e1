import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

/** Modes of files: secrets are for their owner alone. */
export const modes = { secret: 0o600, public: 0o644 } as const

/**
 * Writes a file whole or not at all, replacing what is there: a reader, or a reload, never sees half
 * of it. Makes the directories above it, for their owner alone.
 */
export function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  mode: number = modes.public,
): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  const handle = openSync(temporary, 'wx', mode)
  try {
    try {
      // Not writeSync: on a disk that fills up, that writes a part and calls it done.
      writeFileSync(handle, content)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
