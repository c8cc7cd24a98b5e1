import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** By which admin token each of these was made: by their name for people two can be meant. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const tables = [
    'admin_tokens',
    'enrollment_tokens',
    'acme_credentials',
    'mdm_credentials',
  ] as const
  for (const table of tables) {
    await store.schema.alterTable(table).addColumn('made_by', 'text').execute()
    const row = (column: string) => sql.ref(`${table}.${column}`)
    const isMade = table === 'admin_tokens' ? sql`and kind <> 'session'` : sql``
    await sql`update ${sql.table(table)} set made_by = substr(created_by, 7)
      where created_by like 'admin:%' ${isMade}`.execute(store)
    // Of what was made in a session it is known who signed in: their newest that was open then.
    await sql`update ${sql.table(table)} set made_by = (
      select session.id from admin_tokens as session
      where session.kind = 'session' and 'operator:' || session.label = ${row('created_by')}
        and session.created_at <= ${row('created_at')} and session.expires_at >= ${row('created_at')}
      order by session.created_at desc limit 1)
      where created_by like 'operator:%' ${isMade}`.execute(store)
    await store.schema.createIndex(`${table}_by_maker`).on(table).column('made_by').execute()
  }
}
