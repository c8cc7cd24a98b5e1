import { existsSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import { readPidFile, removePidFile, writePidFile } from '../supervise/pid-file.ts'

export type FolderLock = {
  /** Whether the start before was killed outright: its children may just be ending. */
  wasAbandoned: boolean
  release: () => void
}

/**
 * Makes sure that one `sallyport dev` runs in a folder: two would write into one store.
 *
 * @throws Problem `start_failed`
 */
export function lockFolder(file: string): FolderLock {
  const other = readPidFile(file)
  if (other !== undefined) {
    throw new Problem('start_failed', {
      detail: 'sallyport dev runs in this folder already',
      expected: 'one at a time, or --dir with another folder',
      found: `process ${other.pid}`,
    })
  }
  const wasAbandoned = existsSync(file)
  writePidFile(file)
  return { wasAbandoned, release: () => removePidFile(file) }
}
