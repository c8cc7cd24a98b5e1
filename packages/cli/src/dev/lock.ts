import { Problem } from '@sallyport/problem'
import { readPidFile, removePidFile, writePidFile } from '../supervise/pid-file.ts'

/**
 * Makes sure that one `sallyport dev` runs in a folder: two would write into one store.
 *
 * @returns what gives the folder free again
 * @throws Problem `start_failed`
 */
export function lockFolder(file: string): () => void {
  const other = readPidFile(file)
  if (other !== undefined) {
    throw new Problem('start_failed', {
      detail: 'sallyport dev runs in this folder already',
      expected: 'one at a time, or --dir with another folder',
      found: `process ${other.pid}`,
    })
  }
  writePidFile(file)
  return () => removePidFile(file)
}
