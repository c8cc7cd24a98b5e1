import type { DatabaseSync } from 'node:sqlite'

const lookMs = 250

/**
 * Hears of commits that other connections made: another process, or our own writer. It is read from
 * shared memory, without a look at the file (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function watchSqliteCommits(reader: DatabaseSync, heard: () => void): () => Promise<void> {
  const statement = reader.prepare('PRAGMA data_version')
  const version = () => statement.get()?.['data_version']
  let last = version()
  const timer = setInterval(() => {
    const found = version()
    if (found === last) return
    last = found
    heard()
  }, lookMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    return Promise.resolve()
  }
}
