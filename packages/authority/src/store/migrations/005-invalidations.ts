import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What ends tokens, which logout tokens were used, and whose device a session was first used on. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('changes').addColumn('issued_until', 'bigint').execute()
  await schema
    .createTable('invalidations')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('issuer', 'text')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('issued_until', 'bigint')
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('invalidations_key', ['kind', 'key'])
    .execute()
  await schema.createIndex('invalidations_by_until').on('invalidations').column('until').execute()
  await schema.createIndex('invalidations_by_seq').on('invalidations').column('seq').execute()
  await schema
    .createTable('used_logout_tokens')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('used_logout_tokens_by_time')
    .on('used_logout_tokens')
    .column('keep_until')
    .execute()
  await schema
    .createTable('token_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey())
    .addColumn('key_name', 'text', (column) => column.notNull().unique())
    .addColumn('spki', 'blob', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('signs_from', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('exchanged_sessions')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('device_id', 'text', (column) => column.notNull().references('devices.id'))
    .addColumn('first_used_at', 'bigint', (column) => column.notNull())
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .addColumn('refused_at', 'bigint')
    .execute()
  for (const column of ['keep_until', 'device_id']) {
    await schema
      .createIndex(`exchanged_sessions_by_${column}`)
      .on('exchanged_sessions')
      .column(column)
      .execute()
  }
}
