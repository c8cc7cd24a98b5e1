import { type Kysely, sql } from 'kysely'
import type { AdminTokenRow, Tables } from '../store/tables.ts'
import { adminOfRow } from './admin.ts'
import { revokeAdminToken } from './admin-token.ts'

/** In one write; whoever made more has them revoked in rounds. */
const perRound = 200

export type MadeBy = {
  maker: AdminTokenRow
  /** Who asks: what they hold themselves they keep, and what was made with it. */
  callerId: string
  actor: string
  reason?: string | undefined
  now: number
}

/**
 * Revokes what an admin token made, and what that made, whatever became of those between: whoever stole it made
 * themselves another one first.
 *
 * @returns the ids of those that counted; as long as there are some, there may be more
 */
export async function revokeMadeTokens(
  tx: Kysely<Tables>,
  { maker, callerId, actor, reason, now }: MadeBy,
): Promise<string[]> {
  const ids = await madeBy(tx, maker, { callerId, now })
  const why = `made by ${maker.id}, which was revoked${reason === undefined ? '' : `: ${reason}`}`
  for (const id of ids) await revokeAdminToken(tx, { id, actor, reason: why, now })
  return ids
}

/**
 * Of a session it is known who signed in, and not which of their sessions made a token: each of its time is taken
 * for its own.
 */
async function madeBy(
  tx: Kysely<Tables>,
  maker: AdminTokenRow,
  { callerId, now }: { callerId: string; now: number },
): Promise<string[]> {
  const { actor } = adminOfRow(maker)
  const rows = await tx
    .withRecursive('made', (made) =>
      made
        .selectFrom('admin_tokens')
        .select('admin_tokens.id')
        .where('created_by', '=', actor)
        .where('kind', '!=', 'session')
        .where('person', '=', maker.kind === 'session' ? maker.person : sql<string>`person`)
        .where('created_at', '>=', maker.created_at)
        .where('created_at', '<=', maker.expires_at)
        .where('admin_tokens.id', '!=', callerId)
        .union(
          made
            .selectFrom('made')
            .innerJoin('admin_tokens', (join) =>
              join.on('admin_tokens.created_by', '=', sql<string>`'admin:' || made.id`),
            )
            .select('admin_tokens.id')
            .where('admin_tokens.id', '!=', callerId),
        ),
    )
    .selectFrom('made')
    .innerJoin('admin_tokens', 'admin_tokens.id', 'made.id')
    .select('admin_tokens.id')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at')
    .limit(perRound)
    .execute()
  return rows.map(({ id }) => id)
}
