import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** A chain of audit rows for each authority, and checkpoints over the ends of all. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  await schema
    .createTable('audit_of_chains')
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_chain_key', ['chain', 'seq'])
    .execute()
  await sql`insert into audit_of_chains
    (chain, seq, at, actor, action, subject, detail, previous, hash)
    select 'authority', seq, at, actor, action, subject, detail, previous, hash from audit`.execute(
    store,
  )
  await schema.dropTable('audit').execute()
  await schema.alterTable('audit_of_chains').renameTo('audit').execute()
  await sql`update heads set name = 'audit:authority' where name = 'audit'`.execute(store)
  await schema
    .createTable('audit_checkpoints')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('heads', 'text', (column) => column.notNull())
    .addColumn('jws', 'text', (column) => column.notNull())
    .execute()
}
