import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'

const attempts = 100
const betweenMs = 20

/**
 * Writes what was deleted out of the log of writes (-wal): it holds pages as they were until it is begun anew.
 * In the file itself `secure_delete` wrote zeros. It takes its turn between the writes of others, and gives up
 * where there is never one: then the next deletion tries again.
 *
 * @returns whether the log is empty
 */
export async function scrubSqlite(path: string): Promise<boolean> {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (checkpoint.get()?.['busy'] === 0) return true
      await pause(betweenMs)
    }
    return false
  } finally {
    database.close()
  }
}
