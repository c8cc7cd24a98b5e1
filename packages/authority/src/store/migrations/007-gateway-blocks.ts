import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Which addresses a gateway does not serve for a while, as it reported last; and what it is. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  await schema.alterTable('gateways').addColumn('blocks', 'text').execute()
  await schema.alterTable('gateways').addColumn('role', 'text').execute()
}
