import { journalFiles, readJournalFile } from './journal-file.ts'
import type { SignedKind } from './journal-record.ts'
import { unreadable } from './read-journal.ts'

/**
 * How many things of some kinds a journal has since a time. It is read from its end, up to a file that begins before.
 *
 * @throws Problem `signer_journal_refused` where it cannot be read
 */
export async function countSince(
  directory: string,
  kinds: readonly SignedKind[],
  since: number,
): Promise<number> {
  let count = 0
  try {
    for (const name of (await journalFiles(directory)).toReversed()) {
      let isEarlier = false
      for await (const { record } of readJournalFile(directory, name)) {
        if (record.kind === 'begin') isEarlier = record.at < since
        else if (record.at >= since && kinds.includes(record.kind)) count += 1
      }
      if (isEarlier) break
    }
  } catch (error) {
    throw unreadable(directory, error)
  }
  return count
}
