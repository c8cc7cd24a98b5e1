import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** When receipts of App Attest are refreshed, what came of it, and how fast Apple may be asked. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  for (const column of ['receipt_at', 'receipt_due_at'] as const) {
    await schema.alterTable('app_attest_keys').addColumn(column, 'bigint').execute()
  }
  for (const column of ['receipt_fault', 'risk_effect'] as const) {
    await schema.alterTable('app_attest_keys').addColumn(column, 'text').execute()
  }
  await sql`update app_attest_keys set receipt_at = updated_at,
    receipt_due_at = coalesce(receipt_not_before, updated_at + 86400000)
    where receipt is not null`.execute(store)
  await schema
    .createIndex('app_attest_keys_by_due')
    .on('app_attest_keys')
    .columns(['apple_app_id', 'environment', 'receipt_due_at'])
    .execute()
  await schema
    .createIndex('app_attest_keys_at_risk')
    .on('app_attest_keys')
    .column('apple_app_id')
    .where(sql<boolean>`risk_effect is not null`)
    .execute()
  await schema
    .createTable('receipt_lanes')
    .addColumn('team_id', 'text', (column) => column.notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('fault', 'text')
    .addColumn('failing_since', 'bigint')
    .addColumn('answered_at', 'bigint')
    .addPrimaryKeyConstraint('receipt_lanes_key', ['team_id', 'environment'])
    .execute()
}
