import { type DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import type { Tables } from '../tables.ts'
import { sqliteError } from './store-error.ts'

/** Kysely over one connection. */
export function sqliteStore(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) })
}

/** More distinct statements than the authority has: only a list filter makes a few more. */
const maxStatements = 400
/** Longer are only inserts of many rows and long lists: a plan for each number of rows would fill the memory. */
const maxKeptCharacters = 2_000

/**
 * What Kysely's SQLite dialect asks of a database, over `node:sqlite`: statements are prepared once
 * and kept, but for very long ones.
 */
function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
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

/** @throws Problem `store_unavailable`; what SQLite throws of a statement */
export function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw sqliteError(error)
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  // Kysely hands over what our own code bound: text, integers, bytes and null.
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => attempt(() => statement.all(...values(parameters))),
    run: (parameters) => attempt(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}
