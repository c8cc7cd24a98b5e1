import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { GroupCommit, type GroupCommitOptions, type Write } from './group-commit.ts'
import { migrateStore } from './migrations.ts'
import { kyselyDatabase, openReader, openWriter } from './node-sqlite.ts'
import { storeError } from './store-error.ts'
import type { Tables } from './tables.ts'

/** Everything that an authority keeps. */
export type Store = {
  /** Reads what was committed. */
  readonly read: Kysely<Tables>
  /** Resolves when the write is on the disk. */
  write<T>(write: Write<T>): Promise<T>
  /** Whether the last write could be committed. */
  isWritable(): boolean
  /** The connection that writes, for what SQL cannot say portably: limits in tests, backups. */
  readonly database: DatabaseSync
  close(): Promise<void>
}

export type StoreOptions = Pick<GroupCommitOptions, 'onGroup'>

/**
 * Opens the store, makes it where there is none (mode 0600), and brings its tables to this version.
 *
 * @throws Problem `store_unavailable`
 */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  try {
    return await open(path, options)
  } catch (error) {
    throw storeError(error)
  }
}

async function open(path: string, options: StoreOptions): Promise<Store> {
  createPrivately(path)
  const writer = openWriter(path)
  const writing = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(writer) }),
  })
  await migrateStore(writing)
  const reading = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(openReader(path)) }),
  })
  let isWritable = true
  const commits = new GroupCommit({
    database: writer,
    store: writing,
    onGroup: (group) => {
      isWritable = group.committed
      options.onGroup?.(group)
    },
  })
  return {
    read: reading,
    write: (write) => commits.run(write),
    isWritable: () => isWritable,
    database: writer,
    async close() {
      await commits.close()
      await reading.destroy()
      await writing.destroy()
    },
  }
}

/** SQLite gives its -wal and -shm files the mode of the store: it is set before there is a row. */
function createPrivately(path: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}
