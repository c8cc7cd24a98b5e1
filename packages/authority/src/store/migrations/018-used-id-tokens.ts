import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Each ID token begins one session. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('used_id_tokens')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .execute()
}
