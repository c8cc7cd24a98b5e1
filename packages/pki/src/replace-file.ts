import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sweepLeftovers, temporaryBeside } from './temporary-file.ts'
import { syncDirectory } from './write-new-file.ts'

export type ReplaceOptions = {
  /** Of the file; for its owner alone (0600) where nothing is said. The umask takes from it. */
  readonly mode?: number
  /**
   * Whether it outlives a power cut: true where nothing is said. Without it a reader still sees the old
   * text or the new one; for what tells of this moment alone.
   */
  readonly isDurable?: boolean
}

/**
 * Replaces a file in one step, or makes it: whoever reads it sees all of the old content or all of the new,
 * also after a crash, a full disk or a power cut. It is on the disk when this returns. The directory is made
 * where it is missing, for its owner alone. A link at the path is replaced, not followed.
 *
 * @throws Error of the file system; then what was there is there, and nothing is left beside it
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  { mode = 0o600, isDurable = true }: ReplaceOptions = {},
): Promise<void> {
  const directory = dirname(file)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  sweepLeftovers(file)
  const temporary = temporaryBeside(file)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(content)
      // Before the name: some file systems write names down before content (ext4(5), auto_da_alloc).
      if (isDurable) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (isDurable) await syncDirectory(directory)
}

/** The same for commands, which have nothing else to do meanwhile. Always durable. */
export function replaceFileSync(file: string, content: string | Uint8Array, mode = 0o600): void {
  const directory = dirname(file)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  sweepLeftovers(file)
  const temporary = temporaryBeside(file)
  try {
    const handle = openSync(temporary, 'wx', mode)
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
  const parent = openSync(directory, 'r')
  try {
    fsyncSync(parent)
  } finally {
    closeSync(parent)
  }
}
