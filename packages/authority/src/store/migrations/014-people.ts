import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** What an admin token is narrowed to, whose it is, and when it was last used. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  for (const column of ['kind', 'person', 'apps', 'verbs', 'networks']) {
    await schema.alterTable('admin_tokens').addColumn(column, 'text').execute()
  }
  await schema.alterTable('admin_tokens').addColumn('last_used_at', 'bigint').execute()
  // Who holds those from before is not known: each counts as a person of its own.
  await store.updateTable('admin_tokens').set({ kind: 'token', person: sql`id` }).execute()
}
