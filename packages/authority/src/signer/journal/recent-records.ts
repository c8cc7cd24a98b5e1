import { journalFiles, readJournalFile } from './journal-file.ts'
import type { SignedKind } from './journal-record.ts'

/**
 * How many things of some kinds a journal has since a time. Of several that one clock wrote out of order, none of
 * a file before the first that begins earlier is looked at.
 */
export async function countSince(
  directory: string,
  kinds: readonly SignedKind[],
  since: number,
): Promise<number> {
  let count = 0
  for (const name of (await journalFiles(directory)).toReversed()) {
    let isEarlier = false
    for await (const { record } of readJournalFile(directory, name)) {
      if (record.kind === 'begin') isEarlier = record.at < since
      else if (record.at >= since && kinds.includes(record.kind)) count += 1
    }
    if (isEarlier) break
  }
  return count
}
