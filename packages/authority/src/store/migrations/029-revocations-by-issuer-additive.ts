import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** A serial number is one CA's own (RFC 5280 §4.1.2.2): two roots may give the same one to CAs of theirs. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  await schema
    .createTable('revocations_by_issuer')
    .addColumn('issuer_id', 'text', (column) => column.notNull())
    .addColumn('serial', 'text', (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addPrimaryKeyConstraint('revocations_key', ['serial', 'issuer_id'])
    .execute()
  await sql`insert into revocations_by_issuer
    (issuer_id, serial, shard, not_after, revoked_at, reason)
    select issuer_id, serial, shard, not_after, revoked_at, reason from revocations`.execute(store)
  await schema.dropTable('revocations').execute()
  await schema.alterTable('revocations_by_issuer').renameTo('revocations').execute()
  await schema
    .createIndex('revocations_by_list')
    .on('revocations')
    .columns(['issuer_id', 'shard', 'not_after', 'serial', 'revoked_at', 'reason'])
    .execute()
}
