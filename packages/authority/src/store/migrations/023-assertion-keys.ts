import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What services are to verify assertions of a gateway with, as it reported last. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('gateways').addColumn('assertion_keys', 'text').execute()
}
