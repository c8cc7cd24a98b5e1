import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What stages in mode shadow would have refused, added up by the hour; and when glass was broken. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  await schema
    .createTable('shadow_counts')
    .addColumn('hour', 'bigint', (column) => column.notNull())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('route', 'text', (column) => column.notNull())
    .addColumn('stage', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('app_version', 'text', (column) => column.notNull())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addColumn('devices', 'blob', (column) => column.notNull())
    .addPrimaryKeyConstraint('shadow_counts_key', [
      'hour',
      'host',
      'route',
      'stage',
      'code',
      'app_id',
      'platform',
      'app_version',
    ])
    .execute()
  // The last batch of counts that arrived, and of which life of the gateway it was.
  await schema.alterTable('gateways').addColumn('shadow_instance', 'text').execute()
  await schema.alterTable('gateways').addColumn('shadow_batch', 'bigint').execute()
  await schema
    .createTable('broken_glass')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('broken_glass_key', ['id', 'event', 'gateway'])
    .execute()
}
