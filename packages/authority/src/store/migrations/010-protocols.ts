import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** By which standard protocol a device enrolled, who let it in, and what it is known by there. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  for (const column of ['protocol', 'authorized_by', 'identifier']) {
    await schema.alterTable('devices').addColumn(column, 'text').execute()
  }
  await schema
    .createIndex('devices_by_credential')
    .on('devices')
    .columns(['authorized_by', 'enrolled_at'])
    .execute()
  await schema
    .createIndex('devices_by_identifier')
    .on('devices')
    .columns(['identifier', 'app_id'])
    .execute()
}
