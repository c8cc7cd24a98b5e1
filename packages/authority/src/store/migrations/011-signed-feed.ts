import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/**
 * What the feed is signed with; what gateways know that a restored store does not; and indexes that a snapshot is
 * read by, page by page.
 */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('signing_keys').addColumn('ended_at', 'bigint').execute()
  await schema
    .createTable('feed_key_sets')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kids', 'text', (column) => column.notNull())
    .addColumn('statement', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('unconfirmed_status')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('issued_until', 'bigint')
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('reported_at', 'bigint', (column) => column.notNull())
    .addColumn('reported_by', 'text', (column) => column.notNull())
    .addColumn('decision', 'text', (column) => column.notNull())
    .addColumn('decided_at', 'bigint')
    .addColumn('decided_by', 'text')
    .addColumn('reason', 'text')
    .addPrimaryKeyConstraint('unconfirmed_status_key', ['kind', 'key'])
    .execute()
  await schema
    .createIndex('unconfirmed_status_by_decision')
    .on('unconfirmed_status')
    .columns(['decision', 'until'])
    .execute()
  await schema.alterTable('gateways').addColumn('unconfirmed', 'integer').execute()
  await schema.dropIndex('certificates_by_status').execute()
  await schema
    .createIndex('certificates_by_status')
    .on('certificates')
    .columns(['status', 'not_after', 'thumbprint', 'app_id'])
    .execute()
  await schema.dropIndex('devices_by_status').execute()
  await schema
    .createIndex('devices_by_status')
    .on('devices')
    .columns(['status', 'expires_at', 'id'])
    .execute()
}
