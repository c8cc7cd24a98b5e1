import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { AuthorityConfig } from '../../config/authority-config.ts'

/** The absolute path of the journal's directory: `signed` beside the keys, unless the configuration has another. */
export function journalDirectoryOf(
  directory: string,
  { keys, signer }: Pick<AuthorityConfig['authority'], 'keys' | 'signer'>,
): string {
  const own = signer.journal?.directory
  return own === undefined
    ? join(resolvePath(directory, keys.directory), 'signed')
    : resolvePath(directory, own)
}

const defaultKeepDays = 30

/** How long a file of the journal is kept after all that is in it has ended. */
export function journalKeepMsOf({ journal }: AuthorityConfig['authority']['signer']): number {
  return (journal?.keepDays ?? defaultKeepDays) * 86_400_000
}

/**
 * Makes the directory where it is missing, for its owner alone. Its name is on the disk when this returns: a journal
 * in a directory that a power cut takes away is none.
 *
 * @throws Problem `signer_journal_refused` where others can write there, or it is somebody else's;
 *   `signer_journal_unwritable` where it cannot be made
 */
export function prepareJournalDirectory(directory: string): void {
  try {
    const first = mkdirSync(directory, { recursive: true, mode: 0o700 })
    syncNames(directory, first ?? directory)
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('signer_journal_unwritable', { detail: directory, found, cause })
  }
  const stats = lstatSync(directory)
  const own = process.getuid?.() ?? stats.uid
  if (stats.isDirectory() && stats.uid === own && (stats.mode & 0o077) === 0) return
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0')
  throw new Problem('signer_journal_refused', {
    detail: directory,
    expected: `a directory of mode 0700, of user ${own}`,
    found: `${stats.isDirectory() ? 'a directory' : 'no directory'} of mode ${mode}, of user ${stats.uid}`,
  })
}

/** Has the names on the disk from one directory down to another, within their parents. */
function syncNames(directory: string, first: string): void {
  for (let made = directory; ; made = dirname(made)) {
    syncDirectory(dirname(made))
    if (made.length <= first.length) return
  }
}

/** One that this user may not read is of whoever made the directory in it, and saw to its name. */
function syncDirectory(directory: string): void {
  let fd: number
  try {
    fd = openSync(directory, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return
    throw error
  }
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
