import type { Kysely, RawBuilder } from 'kysely'
import { nameChain } from '../audit/chain.ts'
import type { Engine } from './engine.ts'
import { GroupCommit, type GroupCommitOptions, type Write } from './group-commit.ts'
import { migrateStore, refuseNewerTables } from './migrations.ts'
import type { PostgresLocation } from './postgres/location.ts'
import { openSqlite } from './sqlite/open-engine.ts'
import type { Tables } from './tables.ts'

/** Everything that an authority keeps. */
export type Store = {
  readonly kind: Engine['kind']
  /** Reads what was committed, each statement at its own point in time. */
  readonly read: Kysely<Tables>
  /** The time by the store's own clock, in milliseconds, as an expression of SQL: for leases. */
  readonly clock: RawBuilder<number>
  /** Reads several tables at one point in time. It waits for nothing else: it holds a connection. */
  snapshotRead<T>(read: (store: Kysely<Tables>) => Promise<T>): Promise<T>
  /**
   * Resolves when the write is on the disk. Of all writes, of every authority over the store, one runs at
   * a time.
   *
   * @throws Problem `store_unavailable` where it may or may not have been kept; what `write` throws
   */
  write<T>(write: Write<T>): Promise<T>
  /**
   * Calls a listener after each commit, here or of another authority over the store; at times also when
   * there was none.
   *
   * @returns what ends that
   */
  onCommit(listener: () => void): () => void
  /** As `Engine.scrub`. */
  scrub(): Promise<boolean>
  /** Whether the last write could be committed. */
  isWritable(): boolean
  close(): Promise<void>
}

/** Where a store is: an absolute path, or a database. */
export type StoreLocation = { readonly path: string } | { readonly postgres: PostgresLocation }

export type StoreOptions = Pick<GroupCommitOptions, 'onGroup'> & {
  /** The chain of the audit log that is appended to: the name of the authority. */
  chain?: string
}

/**
 * Opens the store, makes it where there is none, and brings its tables to this version.
 *
 * @throws Problem `store_unavailable`
 */
export async function openStore(
  location: StoreLocation,
  options: StoreOptions = {},
): Promise<Store> {
  return openOver(await openEngine(location), options)
}

/** A store over an engine, which is closed with it. */
export async function openOver(engine: Engine, options: StoreOptions = {}): Promise<Store> {
  try {
    await migrateStore(engine)
    return assemble(engine, options)
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** The library of PostgreSQL is loaded where it is used. */
export async function openEngine(location: StoreLocation): Promise<Engine> {
  if ('path' in location) return openSqlite(location.path)
  const { openPostgres } = await import('./postgres/open-engine.ts')
  return openPostgres(location.postgres)
}

function assemble(engine: Engine, options: StoreOptions): Store {
  const { kind, read, clock, writer } = engine
  if (options.chain !== undefined) nameChain(writer.store, options.chain)
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  let isWritable = true
  const commits = new GroupCommit({
    writer,
    refuse: refuseNewerTables,
    onGroup: (group) => {
      isWritable = group.committed
      options.onGroup?.(group)
      tell()
    },
  })
  const stopWatching = engine.watchCommits(tell)
  return {
    kind,
    read,
    clock,
    snapshotRead: (work) => engine.snapshotRead(work),
    write: (write) => commits.run(write),
    onCommit(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    scrub: () => engine.scrub(),
    isWritable: () => isWritable,
    async close() {
      await stopWatching()
      await commits.close()
      await engine.close()
    },
  }
}
