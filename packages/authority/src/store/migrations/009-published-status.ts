import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Status that is published: which list a certificate is of, what is revoked, and the lists themselves. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('certificates').addColumn('shard', 'integer').execute()
  // What a list is of where its CA was withdrawn.
  await schema
    .createIndex('certificates_by_list')
    .on('certificates')
    .columns(['issuer_id', 'shard', 'not_after', 'serial'])
    .where('shard', 'is not', null)
    .execute()
  await schema
    .createTable('revocations')
    .addColumn('serial', 'text', (column) => column.primaryKey())
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text')
    .execute()
  // The whole entry is in it, so that a list of 100,000 reads nothing else.
  await schema
    .createIndex('revocations_by_list')
    .on('revocations')
    .columns(['issuer_id', 'shard', 'not_after', 'serial', 'revoked_at', 'reason'])
    .execute()
  await schema
    .createTable('revocation_scopes')
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('changes', 'bigint', (column) => column.notNull())
    .addColumn('last_number', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('revocation_scopes_key', ['issuer_id', 'shard'])
    .execute()
  // The list comes last: what stands before it is read without it.
  await schema
    .createTable('revocation_lists')
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('through_changes', 'bigint', (column) => column.notNull())
    .addColumn('this_update', 'bigint', (column) => column.notNull())
    .addColumn('next_update', 'bigint', (column) => column.notNull())
    .addColumn('entries', 'integer', (column) => column.notNull())
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('der', 'blob', (column) => column.notNull())
    .addPrimaryKeyConstraint('revocation_lists_key', ['issuer_id', 'shard'])
    .execute()
}
