import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** When a gateway was revoked: how many were of late decides whether one person may revoke another. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('gateways').addColumn('revoked_at', 'bigint').execute()
}
