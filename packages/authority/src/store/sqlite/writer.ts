import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import type { Writer } from '../engine.ts'
import type { Tables } from '../tables.ts'
import { attempt } from './dialect.ts'

/** Transactions of SQLite: `IMMEDIATE` takes the one lock for writing before anything is read. */
export function sqliteWriter(database: DatabaseSync, store: Kysely<Tables>): Writer {
  const run = (statements: string) => () => attempt(() => database.exec(statements))
  return {
    store,
    maxWritesPerGroup: 256,
    begin: run('BEGIN IMMEDIATE'),
    savepoint: run('SAVEPOINT one'),
    keep: run('RELEASE one'),
    undo: run('ROLLBACK TO one; RELEASE one'),
    commit: run('COMMIT'),
    abandon() {
      // A full disk may have ended the transaction already (https://sqlite.org/lang_transaction.html).
      if (database.isTransaction) database.exec('ROLLBACK')
    },
  }
}
