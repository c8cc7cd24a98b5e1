import { link, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sweepLeftovers, temporaryBeside } from './temporary-file.ts'

/**
 * Writes a file of mode 0600 that is on the disk, whole, before this returns, or not there at all.
 * False where the path is taken: unlike a rename, a link never replaces what is there, and the key
 * of a CA must never be replaced by accident.
 */
export async function writeNewFile(path: string, text: string): Promise<boolean> {
  const directory = dirname(path)
  sweepLeftovers(path)
  const temporary = temporaryBeside(path)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    const isNew = await linkNew(temporary, path)
    if (isNew) await syncDirectory(directory)
    return isNew
  } finally {
    await unlink(temporary).catch(ignoreMissing)
  }
}

async function linkNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** The name of the file is durable only once its directory is (fsync(2)). */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
  throw error
}
