import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** How far receivers of events have been told of the audit log, and how it goes with them. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('webhooks')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('failing_since', 'bigint')
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('last_delivered_at', 'bigint')
    .addColumn('disabled_at', 'bigint')
    .addColumn('disabled_by', 'text')
    .addColumn('disabled_reason', 'text')
    .execute()
  await schema
    .createTable('webhook_cursors')
    .addColumn('webhook', 'text', (column) => column.notNull())
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('sent', 'bigint')
    .addPrimaryKeyConstraint('webhook_cursor_key', ['webhook', 'chain'])
    .execute()
}
