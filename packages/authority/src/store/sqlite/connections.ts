import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a statement waits for another process that writes. The process itself stands still meanwhile. */
export const busyTimeoutMs = 5_000

/**
 * Opens the connection that writes. What is deleted is written over with zeros: a person may ask for it.
 *
 * WAL with `synchronous=FULL`: a commit is on the disk before it returns
 * (https://sqlite.org/pragma.html#pragma_synchronous), so that what was answered survives power loss.
 */
export function openWriter(path: string): DatabaseSync {
  const database = new DatabaseSync(path, {
    enableForeignKeyConstraints: true,
    timeout: busyTimeoutMs,
  })
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = ON;
    PRAGMA journal_size_limit = 67108864;
  `)
  return database
}

/** Opens the connection that reads: it sees what was committed, and nothing else. */
export function openReader(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
}

/** SQLite gives its -wal and -shm files the mode of the store: it is set before there is a row. */
export function createPrivately(path: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}
