import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What the audit log is about and does not hold, so that it can be forgotten. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('personal_values')
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('place', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('exact', 'text')
    .addColumn('exact_salt', 'text')
    .addColumn('exact_hash', 'text')
    .addColumn('exact_at', 'bigint')
    .addPrimaryKeyConstraint('personal_value_key', ['chain', 'seq', 'place'])
    .execute()
  await schema
    .createIndex('personal_values_by_value')
    .on('personal_values')
    .columns(['value', 'kind'])
    .execute()
  await schema
    .createIndex('personal_values_by_time')
    .on('personal_values')
    .columns(['exact_at'])
    .execute()
}
