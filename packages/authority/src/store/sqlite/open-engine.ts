import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Engine } from '../engine.ts'
import { watchSqliteCommits } from './commits.ts'
import { busyTimeoutMs, createPrivately, openReader, openWriter } from './connections.ts'
import { attempt, sqliteStore } from './dialect.ts'
import { sqliteRows, sqliteTables } from './rows.ts'
import { scrubSqlite } from './scrub.ts'
import { isBusy, sqliteError } from './store-error.ts'
import { sqliteWriter } from './writer.ts'

/** SQLite, and the connection that writes: for what is of SQLite alone. */
export type SqliteEngine = Engine & { readonly database: DatabaseSync }

/**
 * Opens a file of SQLite, and makes it where there is none (mode 0600).
 *
 * @throws Problem `store_unavailable`
 */
export function openSqlite(path: string): SqliteEngine {
  return attempt(() => open(path))
}

/** Another process may be at it, over tables with many rows. */
const aloneWaitMs = 120_000

/** Waits for its turn without holding up the process, as SQLite itself would. */
async function beginAlone(database: DatabaseSync): Promise<void> {
  const latest = performance.now() + aloneWaitMs
  for (;;) {
    database.exec('PRAGMA busy_timeout = 0')
    try {
      database.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > latest) throw sqliteError(error)
    } finally {
      database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    }
    await pause(20)
  }
}

function open(path: string): SqliteEngine {
  createPrivately(path)
  const database = openWriter(path)
  const reader = openReader(path)
  const [writing, reading] = [sqliteStore(database), sqliteStore(reader)]
  return {
    kind: 'sqlite',
    database,
    read: reading,
    writer: sqliteWriter(database, writing),
    clock: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    snapshotRead: (read) => reading.transaction().execute(read),
    async hasTable(name) {
      const found = reader.prepare('select 1 from sqlite_schema where name = ?').get(name)
      return found !== undefined
    },
    tables: sqliteTables,
    rows: sqliteRows,
    async alone(work) {
      await beginAlone(database)
      try {
        await work(writing)
        database.exec('COMMIT')
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK')
      }
    },
    watchCommits: (heard) => watchSqliteCommits(reader, heard),
    scrub: () => scrubSqlite(path),
    async close() {
      await reading.destroy()
      await writing.destroy()
    },
  }
}
