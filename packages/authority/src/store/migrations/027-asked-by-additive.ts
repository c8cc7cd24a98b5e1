import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** By what an enrolment was let in that waits for approval: how often it may ask, and whether it is barred. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('approvals').addColumn('authorized_by', 'text').execute()
  await schema
    .createIndex('approvals_by_credential')
    .on('approvals')
    .columns(['authorized_by', 'requested_at'])
    .execute()
}
