import { isProblem, Problem } from '@sallyport/problem'
import { dayOf, type FileRead, journalFiles, readJournalFile } from './journal-file.ts'
import { chainHash, type JournalRecord, noHash } from './journal-record.ts'

const dayMs = 86_400_000

/**
 * What is wrong with a journal. `unchained`: a record does not follow the one before it. `malformed`: a line is
 * no record. `missing`: the file before this one is not there, and not so old that it was removed. `torn`: the
 * last record of all was not written whole, or is being written.
 */
export type JournalFault = {
  readonly what: 'unchained' | 'malformed' | 'missing' | 'torn'
  readonly file: string
  readonly line: number | undefined
}

export type ReadJournalOptions = {
  /** Milliseconds: files of days before it are passed over. */
  since?: number
  /** Milliseconds: files of before it may have been removed. */
  removedBefore: number
  onFault: (fault: JournalFault) => void
}

/**
 * Yields what a journal tells, and says what is wrong with it.
 *
 * @throws Problem `signer_journal_refused` where it cannot be read
 */
export async function* readJournal(
  directory: string,
  { since = 0, removedBefore, onFault }: ReadJournalOptions,
): AsyncGenerator<JournalRecord> {
  try {
    const all = await journalFiles(directory)
    const first = all.findIndex((name) => dayOf(name) + dayMs >= since)
    const names = first === -1 ? [] : all.slice(first)
    let before: { readonly name: string | null; readonly hash: string | undefined } =
      first > 0 ? { name: all[first - 1] ?? null, hash: undefined } : { name: null, hash: noHash }
    for (const file of names) {
      before = yield* readFile(directory, file, { before, removedBefore, onFault })
    }
  } catch (error) {
    throw unreadable(directory, error)
  }
}

/** Problem `signer_journal_refused` of what the file system says; anything else as it is. */
export function unreadable(directory: string, error: unknown): unknown {
  const isOfFiles = error instanceof Error && ('code' in error || error instanceof RangeError)
  if (!isOfFiles || isProblem(error)) return error
  return new Problem('signer_journal_refused', {
    detail: directory,
    expected: 'a journal that this user can read',
    found: error.message,
    cause: error,
  })
}

async function* readFile(
  directory: string,
  file: string,
  {
    before,
    removedBefore,
    onFault,
  }: Omit<ReadJournalOptions, 'since'> & {
    before: { readonly name: string | null; readonly hash: string | undefined }
  },
): AsyncGenerator<JournalRecord, { readonly name: string; readonly hash: string | undefined }> {
  const lines = readJournalFile(directory, file)
  let last = before.hash
  let line = await lines.next()
  for (; line.done !== true; line = await lines.next()) {
    const { record, hash, text, number, isChained } = line.value
    if (record.kind === 'begin') {
      const isRemoved = isOld(record.after, removedBefore) && record.after !== before.name
      if (isRemoved) last = undefined
      else if (record.after !== before.name) {
        onFault({ what: record.after === null ? 'unchained' : 'missing', file, line: number })
        last = undefined
      }
      if (last !== undefined && chainHash(last, text) !== hash)
        onFault({ what: 'unchained', file, line: number })
    } else {
      if (number === 1 || !isChained) onFault({ what: 'unchained', file, line: number })
      yield record
    }
    last = hash
  }
  tellRest(line.value, file, onFault)
  return { name: file, hash: last }
}

function tellRest(
  { tornBytes, malformed }: FileRead,
  file: string,
  onFault: ReadJournalOptions['onFault'],
): void {
  for (const line of malformed) onFault({ what: 'malformed', file, line })
  if (tornBytes > 0) onFault({ what: 'torn', file, line: undefined })
}

function isOld(name: string | null, removedBefore: number): boolean {
  return name !== null && dayOf(name) + dayMs < removedBefore
}
