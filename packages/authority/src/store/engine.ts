import type { Kysely, RawBuilder } from 'kysely'
import type { Tables } from './tables.ts'

/**
 * What keeps the tables. There is a folder for each, with the same files; everything outside them is the
 * same for all.
 */
export type Engine = {
  readonly kind: 'sqlite' | 'postgres'
  /** Reads what was committed, on connections that cannot write. */
  readonly read: Kysely<Tables>
  readonly writer: Writer
  /** The time by the clock of the engine, in milliseconds: the same for every authority over the store. */
  readonly clock: RawBuilder<number>
  /** Reads of one point in time, whatever is committed meanwhile. */
  snapshotRead<T>(read: (store: Kysely<Tables>) => Promise<T>): Promise<T>
  hasTable(name: string): Promise<boolean>
  /** The tables of a store, those that others refer to before them. */
  tables(store: Kysely<Tables>): Promise<readonly TableShape[]>
  /** All rows of a table, some at a time. `store` is of a transaction. */
  rows(store: Kysely<Tables>, table: TableShape): AsyncIterable<readonly Row[]>
  /**
   * Does what nobody else may do at the same time, in one transaction; nobody writes meanwhile. Of migrations, in whose words types are
   * `text`, `integer`, `bigint` and `blob`. Where others that read are in the way, it is done again from the
   * beginning.
   */
  alone(work: (store: Kysely<Tables>) => Promise<void>): Promise<void>
  /**
   * Calls `heard` soon after others commit; it may also call it when nobody did.
   *
   * @returns what ends that
   */
  watchCommits(heard: () => void): () => Promise<void>
  /**
   * Has what was deleted out of the files of the engine, as far as it can do that: PostgreSQL has VACUUM for it.
   *
   * @returns whether it is
   */
  scrub(): Promise<boolean>
  close(): Promise<void>
}

/** A table as it is in the database. */
export type TableShape = { readonly name: string; readonly columns: readonly string[] }

/** A row of any table: text, safe integers, bytes and null. */
export type Row = Readonly<Record<string, string | number | Uint8Array | null>>

/**
 * The one connection that writes, and the steps of a transaction on it. After `begin` no other authority
 * writes until `commit` or `abandon`: what a write reads is what it writes upon.
 */
export type Writer = {
  readonly store: Kysely<Tables>
  readonly maxWritesPerGroup: number
  /** @throws Problem `store_unavailable` */
  begin(): Promise<void> | void
  /** Begins a write that can be undone by itself. */
  savepoint(): Promise<void> | void
  keep(): Promise<void> | void
  undo(): Promise<void> | void
  /** Whatever it throws: nobody knows whether all of it is kept, or nothing. */
  commit(): Promise<void> | void
  /** Undoes what was not committed, as far as the connection still can. Throws nothing. */
  abandon(): Promise<void> | void
}
