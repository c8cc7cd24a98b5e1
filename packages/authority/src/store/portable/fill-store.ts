import { Problem } from '@sallyport/problem'
import { type Kysely, sql } from 'kysely'
import type { Engine, Row, TableShape } from '../engine.ts'
import { createDoneTable, hasMigration, migrateOne, migrationNames } from '../migrations.ts'
import type { Tables } from '../tables.ts'

/** As many as every engine takes in one statement. */
const maxParameters = 30_000

/**
 * Makes the tables as they were when what is to be put into them was written, with nothing in them.
 *
 * @throws Problem `store_not_empty`; `backup_invalid` where they are of a newer version
 */
export async function makeTables(
  engine: Engine,
  store: Kysely<Tables>,
  migrations: readonly string[],
): Promise<void> {
  const tables = await engine.tables(store)
  if (tables.some(({ name }) => name === 'settings')) await refuseFilled(store)
  const newer = migrations.filter((name) => !hasMigration(name))
  if (newer.length > 0) {
    throw new Problem('backup_invalid', {
      detail: 'It is of a newer version of Sallyport: run that version',
      expected: `tables up to ${migrationNames.at(-1)}`,
      found: newer.join(', '),
    })
  }
  for (const { name } of tables.toReversed()) {
    await store.schema.dropTable(name).execute()
  }
  await createDoneTable(store)
  for (const name of migrationNames.filter((known) => migrations.includes(known))) {
    await migrateOne(store, name)
  }
  for (const { name } of filled(await engine.tables(store)).toReversed()) {
    await sql`delete from ${sql.table(name)}`.execute(store)
  }
}

/** Brings what was filled to this version. */
export async function migrateFilled(
  store: Kysely<Tables>,
  migrations: readonly string[],
): Promise<void> {
  for (const name of migrationNames.filter((known) => !migrations.includes(known))) {
    await migrateOne(store, name)
  }
}

/** Tables of ours: not those that say how they came to be. */
export function filled(tables: readonly TableShape[]): TableShape[] {
  return tables.filter(({ name }) => !name.startsWith('kysely_'))
}

/**
 * A store that an authority began with is never written over.
 *
 * @throws Problem `store_not_empty`
 */
export async function refuseFilled(store: Kysely<Tables>): Promise<void> {
  const settings = await store.selectFrom('settings').select('name').execute()
  if (settings.length === 0) return
  throw new Problem('store_not_empty')
}

/** @param rows of one table, with the same columns each */
export async function insertRows(
  store: Kysely<Tables>,
  { name, columns }: TableShape,
  rows: readonly Row[],
): Promise<void> {
  const perStatement = Math.max(1, Math.floor(maxParameters / columns.length))
  const list = sql.join(columns.map((column) => sql.ref(column)))
  for (let start = 0; start < rows.length; start += perStatement) {
    const values = rows
      .slice(start, start + perStatement)
      .map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`)
    await sql`insert into ${sql.table(name)} (${list}) values ${sql.join(values)}`.execute(store)
  }
}
