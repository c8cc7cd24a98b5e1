import { Problem } from '@sallyport/problem'
import type { EndedAgain } from '../../endings/end-again.ts'
import { followLog, type FollowOptions } from '../../endings/follow-log.ts'
import type { Engine } from '../engine.ts'
import { isAdditive, migrateStore, migrationState } from '../migrations.ts'
import { openEngine, type StoreLocation } from '../store.ts'
import { type CopyOptions, copyStore } from './copy-store.ts'
import { type Restored, restoreBackup, type RestoreOptions } from './restore-backup.ts'
import { type BackupOptions, writeBackup } from './write-backup.ts'

// What an operator does with a store itself, without an authority: it may run meanwhile, where nothing else is said.

/** Brings the tables to this version, and returns what was done; see `migrateStore`. */
export function migrateStoreAt(location: StoreLocation): Promise<readonly string[]> {
  return withEngine(location, migrateStore)
}

/** Migrations that a store lacks, in order. */
export type MissingMigrations = {
  readonly missing: readonly string[]
  /** Whether authorities of the version that the store is of go on writing once they are done. */
  readonly olderGoOn: boolean
}

/** What `migrateStoreAt` would do. @throws Problem `store_unavailable` where the store is of a newer version */
export async function missingMigrationsAt(location: StoreLocation): Promise<MissingMigrations> {
  const { missing } = await withEngine(location, migrationState)
  return { missing, olderGoOn: missing.every(isAdditive) }
}

/** @throws Problem `store_not_empty` where an authority began with it, or began to; `store_unavailable` */
export function refuseBegunStore(location: StoreLocation): Promise<void> {
  return withEngine(location, async ({ hasTable, read }) => {
    if (!(await hasTable('roots'))) return
    const root = await read.selectFrom('roots').select('kind').executeTakeFirst()
    if (root !== undefined) throw new Problem('store_not_empty')
  })
}

/** As `writeBackup`. */
export function backupStore(
  location: StoreLocation,
  options: Omit<BackupOptions, 'engine'>,
): Promise<{ rows: number; sha256: string }> {
  return withEngine(location, (engine) => writeBackup({ engine, ...options }))
}

/** As `restoreBackup`: no authority runs over the store. */
export function restoreStore(
  location: StoreLocation,
  options: Omit<RestoreOptions, 'engine'>,
): Promise<Restored> {
  return withEngine(location, (engine) => restoreBackup({ engine, ...options }))
}

/** As `followLog`: no authority runs over the store. */
export function followLogAt(
  location: StoreLocation,
  options: Omit<FollowOptions, 'engine'>,
): Promise<EndedAgain> {
  return withEngine(location, (engine) => followLog({ engine, ...options }))
}

/** As `copyStore`: no authority runs over either of them. */
export function copyStoreTo(
  from: StoreLocation,
  to: StoreLocation,
  options: Omit<CopyOptions, 'from' | 'to'> = {},
): Promise<number> {
  return withEngine(from, (source) =>
    withEngine(to, (target) => copyStore({ from: source, to: target, ...options })),
  )
}

async function withEngine<T>(
  location: StoreLocation,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(location)
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}
