import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Who was forgotten, and the way to all that is to be: by age, and by what a row of the audit log is about. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('forgotten_users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('forgotten_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('audit_by_subject').on('audit').columns(['subject']).execute()
  await schema
    .createIndex('devices_by_enrollment')
    .on('devices')
    .columns(['enrolled_at', 'id'])
    .execute()
  await schema.createIndex('appraisals_by_age').on('appraisals').columns(['at', 'id']).execute()
}
