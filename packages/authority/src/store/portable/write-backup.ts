import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Kysely } from 'kysely'
import type { Engine, TableShape } from '../engine.ts'
import { doneTable, migrationState } from '../migrations.ts'
import { readSettings } from '../settings.ts'
import type { Tables } from '../tables.ts'
import {
  type BackupEnd,
  type BackupHead,
  backupVersion,
  invalid,
  writeRow,
} from './backup-format.ts'

export type BackupOptions = {
  engine: Engine
  /** Absolute path; made anew with mode 0600, and there only when it is whole. */
  file: string
  now: number
  /** Told now and then how many rows were written. */
  onProgress?: (rows: number) => void
}

/** Not of the state of a deployment: who does what at the moment, and how the tables came to be. */
const leftOut: ReadonlySet<string> = new Set(['leases', doneTable, 'kysely_migration_lock'])

/** Settings that open something: a store that is restored makes its own. */
export const secretSettings: ReadonlySet<string> = new Set(['challenge_key'])

/**
 * Writes everything that a store holds at one point in time, while authorities go on writing to it.
 *
 * @throws Problem `backup_invalid` where the store was never initialized, `store_unavailable`
 */
export async function writeBackup(
  options: BackupOptions,
): Promise<{ rows: number; sha256: string }> {
  const { engine, file } = options
  const { done } = await migrationState(engine)
  const partial = `${file}.partial`
  const end: BackupEnd = { end: true, rows: 0, sha256: '' }
  try {
    await engine.snapshotRead((store) =>
      pipeline(
        linesOf(options, store, done, end),
        createGzip(),
        createWriteStream(partial, { mode: 0o600, flush: true, flags: 'w' }),
      ),
    )
    await rename(partial, file)
    await syncDirectory(path.dirname(file))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return { rows: end.rows, sha256: end.sha256 }
}

async function* linesOf(
  { engine, now, onProgress }: BackupOptions,
  store: Kysely<Tables>,
  migrations: readonly string[],
  end: BackupEnd,
): AsyncGenerator<string> {
  const settings = migrations.length === 0 ? undefined : await readSettings(store)
  if (settings === undefined) {
    throw invalid('There is nothing to back up', 'a store that was initialized')
  }
  const { trustDomain } = settings
  const hash = createHash('sha256')
  const line = (value: unknown) => {
    const text = `${typeof value === 'string' ? value : JSON.stringify(value)}\n`
    hash.update(text)
    return text
  }
  const head = { format: 'sallyport-store', version: backupVersion, at: now, trustDomain } as const
  yield line({ ...head, migrations: [...migrations] } satisfies BackupHead)
  for (const table of await engine.tables(store)) {
    if (leftOut.has(table.name)) continue
    yield line({ table: table.name, columns: table.columns })
    for await (const text of rowsOf(engine, store, table)) {
      yield text.map(line).join('')
      end.rows += text.length
      onProgress?.(end.rows)
    }
  }
  end.sha256 = hash.digest('hex')
  yield `${JSON.stringify(end)}\n`
}

async function* rowsOf(
  engine: Engine,
  store: Kysely<Tables>,
  table: TableShape,
): AsyncGenerator<string[]> {
  for await (const rows of engine.rows(store, table)) {
    yield rows
      .filter((row) => table.name !== 'settings' || !secretSettings.has(String(row['name'])))
      .map((row) => writeRow(row, table.columns))
  }
}

/** A name is on the disk when its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
