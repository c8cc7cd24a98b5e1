import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** More distinct statements than the authority has: only a list filter makes a few more. */
const maxStatements = 400
/** Longer are only inserts of many rows and long lists: a plan for each number of rows would fill the memory. */
const maxKeptCharacters = 2_000

/**
 * What Kysely's SQLite dialect asks of a database, over `node:sqlite`: statements are prepared once
 * and kept, but for very long ones.
 */
export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql)
      if (known !== undefined) return known
      const statement = adapt(database.prepare(sql))
      if (sql.length > maxKeptCharacters) return statement
      if (statements.size >= maxStatements) {
        const oldest = statements.keys().next()
        if (!oldest.done) statements.delete(oldest.value)
      }
      statements.set(sql, statement)
      return statement
    },
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  // Kysely hands over what our own code bound: text, integers, bytes and null.
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}

/**
 * Opens the connection that writes.
 *
 * WAL with `synchronous=FULL`: a commit is on the disk before it returns
 * (https://sqlite.org/pragma.html#pragma_synchronous), so that what was answered survives power loss.
 */
export function openWriter(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000 })
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = 67108864;
  `)
  return database
}

/** Opens the connection that reads: it sees what was committed, and nothing else. */
export function openReader(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
}
