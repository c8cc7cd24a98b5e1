import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** When a certificate was last recorded as held by two: what keeps a clone from filling the audit log. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('certificates').addColumn('forked_at', 'bigint').execute()
}
