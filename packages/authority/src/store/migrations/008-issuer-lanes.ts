import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/**
 * Several issuing CAs of an app: lanes, when each begins to issue, and the request of one whose root is
 * elsewhere. Keys that sign are of several purposes, tokens being the first.
 */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .alterTable('issuers')
    .addColumn('lane', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await schema
    .alterTable('issuers')
    .addColumn('issues_from', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema.alterTable('issuers').addColumn('request', 'blob').execute()
  await schema.alterTable('token_keys').renameTo('signing_keys').execute()
  await schema
    .alterTable('signing_keys')
    .addColumn('purpose', 'text', (column) => column.notNull().defaultTo('token'))
    .execute()
}
