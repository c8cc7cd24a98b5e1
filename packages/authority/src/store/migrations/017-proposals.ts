import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Calls that wait for a second person, and the changes of status that are counted until one is asked for. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  let proposals = schema
    .createTable('proposals')
    .addColumn('id', 'text', (column) => column.primaryKey())
  for (const name of ['operation', 'method', 'url', 'body', 'role', 'verb', 'why'] as const) {
    proposals = proposals.addColumn(name, 'text', (column) => column.notNull())
  }
  await proposals
    .addColumn('proposed_at', 'bigint', (column) => column.notNull())
    .addColumn('proposed_by', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('decided_at', 'bigint')
    .addColumn('decided_by', 'text')
    .addColumn('reason', 'text')
    .addColumn('outcome', 'text')
    .execute()
  await schema
    .createIndex('proposals_by_status')
    .on('proposals')
    .columns(['status', 'expires_at'])
    .execute()
  await schema
    .createTable('status_changes_ordered')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('status_changes_ordered_by_time')
    .on('status_changes_ordered')
    .columns(['at', 'person'])
    .execute()
}
