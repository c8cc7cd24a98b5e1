import fs from 'node:fs/promises'
import path from 'node:path'
import { syncDirectory } from '@sallyport/pki'

/**
 * Writes a file that only this user reads, as a whole: whoever reads it sees the old text or the new
 * one, also after a power cut. The directory is made where it is missing.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const directory = path.dirname(file)
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.tmp`
  const handle = await fs.open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await fs.rename(temporary, file)
  await syncDirectory(directory)
}

/** Undefined where there is none. */
export async function readPrivateFile(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
