import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { cutFile } from './cut-file.ts'
import { journalFiles, readJournalFile } from './journal-file.ts'
import { noHash } from './journal-record.ts'

/** The last record of a journal. */
export type JournalEnd = {
  readonly seq: number
  readonly hash: string
  /** The file that it is in; null where there is none yet. */
  readonly name: string | null
}

/**
 * Finds the last record that was written whole, and cuts what is behind it: it was being written when the process
 * or the machine ended, so that nobody was handed what it is of. A file that is broken elsewhere is left as it is.
 */
export async function recoverEnd(directory: string, log: Logger): Promise<JournalEnd> {
  const names = await journalFiles(directory)
  for (const name of names.toReversed()) {
    const path = join(directory, name)
    const lines = readJournalFile(directory, name)
    let end: (JournalEnd & { end: number }) | undefined
    let isBroken = false
    let line = await lines.next()
    for (; line.done !== true; line = await lines.next()) {
      const { record, hash, isChained } = line.value
      isBroken ||= !isChained
      end = { seq: record.seq, hash, name, end: line.value.end }
    }
    const { tornBytes, malformed } = line.value
    if (isBroken || malformed.length > 0) {
      log.error({ file: path }, 'THE JOURNAL OF THE SIGNER IS BROKEN: see sallyport ca compare')
    }
    if (tornBytes > 0 || end === undefined) {
      log.warn({ file: path, tornBytes }, 'a record that was not written whole is cut off')
    }
    if (end === undefined) {
      unlinkSync(path)
      continue
    }
    // Also where nothing is cut: who was killed before its sync left what a power cut takes from under the next file.
    cutFile(path, end.end)
    return { seq: end.seq, hash: end.hash, name }
  }
  return { seq: 0, hash: noHash, name: null }
}
