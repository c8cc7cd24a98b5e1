import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** The registration authorities of SCEP, and what MDMs have their devices enrol with. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('scep_ras')
    .addColumn('key_name', 'text', (column) => column.primaryKey())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('issuer_id', 'text', (column) => column.notNull().references('issuers.id'))
    .addColumn('certificate', 'blob', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('scep_ras_by_issuer').on('scep_ras').columns(['issuer_id']).execute()
  await schema
    .createTable('mdm_credentials')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('max_per_hour', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
}
