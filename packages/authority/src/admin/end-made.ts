import { type Kysely, type RawBuilder, sql } from 'kysely'
import { revokeEnrollmentToken } from '../enrollment/enrollment-token.ts'
import type { Revocation } from '../enrollment/revoke-credential.ts'
import { revokeAcmeCredential } from '../protocols/acme/credentials.ts'
import { revokeMdmCredential } from '../protocols/scep/mdm-credential.ts'
import type { Tables } from '../store/tables.ts'
import { revokeAdminToken } from './admin-token.ts'

/** In one write; whoever made more has them ended in rounds. */
const perRound = 200

export type EndMade = {
  /** The token that was revoked. */
  makerId: string
  /** Who asks: what they hold themselves they keep, and what was made with it. */
  callerId: string
  actor: string
  reason?: string | undefined
  now: number
}

/** What an admin token makes that lets somebody in, and which of it still does. */
const kinds: readonly {
  readonly table: 'admin_tokens' | 'enrollment_tokens' | 'acme_credentials' | 'mdm_credentials'
  readonly counts: (now: number) => RawBuilder<boolean>
  readonly revoke: (store: Kysely<Tables>, revocation: Revocation) => Promise<unknown>
}[] = [
  {
    table: 'admin_tokens',
    counts: (now) => sql`expires_at > ${now}`,
    revoke: revokeAdminToken,
  },
  {
    table: 'enrollment_tokens',
    counts: (now) => sql`used_at is null and expires_at > ${now}`,
    revoke: revokeEnrollmentToken,
  },
  // Also one that makes no accounts any more: those that it made order as long as it is not revoked.
  { table: 'acme_credentials', counts: () => sql`true`, revoke: revokeAcmeCredential },
  { table: 'mdm_credentials', counts: () => sql`true`, revoke: revokeMdmCredential },
]

/**
 * Ends what an admin token made: other admin tokens and what those made, whatever became of those between, and
 * all that devices enrol with. Whoever stole it made themselves another way in first.
 *
 * @returns the ids of what counted, admin tokens first; as long as there are some, there may be more
 */
export async function endMade(
  store: Kysely<Tables>,
  { makerId, callerId, actor, reason, now }: EndMade,
): Promise<string[]> {
  const why = `made by ${makerId}, which was revoked${reason === undefined ? '' : `: ${reason}`}`
  const ended: string[] = []
  for (const { table, counts, revoke } of kinds) {
    // Of a text that stands in no column PostgreSQL does not know how it is compared, which a recursive query must say.
    const rows = await sql<{ id: string }>`
      with recursive makers (id) as (
        select id from admin_tokens where id = ${makerId}
        union
        select made.id from makers join admin_tokens made on made.made_by = makers.id
        where made.id <> ${callerId}
      )
      select id from ${sql.table(table)}
      where made_by in (select id from makers) and id <> ${callerId}
        and revoked_at is null and ${counts(now)}
      order by created_at, id limit ${perRound - ended.length}`.execute(store)
    for (const { id } of rows.rows) {
      await revoke(store, { id, actor, reason: why, now })
      ended.push(id)
    }
  }
  return ended
}
