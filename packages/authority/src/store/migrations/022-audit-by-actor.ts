import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What somebody did, and who did something, are looked for among millions of rows. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  for (const column of ['actor', 'action']) {
    await schema
      .createIndex(`audit_by_${column}`)
      .on('audit')
      .columns(['chain', column, 'seq'])
      .execute()
  }
}
