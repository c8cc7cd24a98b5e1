import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What happened between two times is found without reading what happened before and after. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema.createIndex('audit_by_time').on('audit').columns(['chain', 'at', 'seq']).execute()
}
