import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** One setting of the store, as text; undefined where it was never written. */
export async function readSetting(
  store: Kysely<Tables>,
  name: string,
): Promise<string | undefined> {
  const row = await store
    .selectFrom('settings')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.value
}

/** Writes one setting, in the place of what it was. */
export async function writeSetting(
  store: Kysely<Tables>,
  name: string,
  value: string,
): Promise<void> {
  await store
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}
