import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Which authority does what is done by the clock. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .execute()
}
