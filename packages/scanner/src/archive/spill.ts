import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Budget } from './budget.ts'
import { fileSource } from './byte-source.ts'
import { EntryFault } from './entry.ts'
import type { OpenSource } from './member.ts'

/**
 * Archives within archives that are too large for memory, unpacked into a temporary file that only this user can read.
 * Its name is gone before anything is written: nothing stays behind, however the scan ends.
 *
 * @throws EntryFault where it takes more room than one scan may
 */
export async function spilled(pieces: AsyncIterable<Buffer>, budget: Budget): Promise<OpenSource> {
  const file = await namelessFile()
  try {
    let size = 0
    for await (const piece of pieces) {
      if (!budget.takeDiskBytes(piece.length)) {
        throw new EntryFault('too large to be opened once it is unpacked: looked at as bytes')
      }
      await file.writeFile(piece)
      size += piece.length
    }
    return { source: fileSource(file, size), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function namelessFile(): Promise<FileHandle> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-scan-'))
  try {
    return await open(path.join(folder, 'archive'), 'wx+', 0o600)
  } finally {
    await rm(folder, { recursive: true })
  }
}
