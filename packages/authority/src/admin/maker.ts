import { Problem } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { AdminTokenRow, Tables } from '../store/tables.ts'
import { adminOf } from './admin.ts'

/** Who makes what lets others in. */
export type Maker = {
  /** For people, and for the audit log: two who signed in may be called the same. */
  readonly actor: string
  /** The id of their admin token or session; null: nobody who asked the admin API. */
  readonly madeBy: string | null
}

export function makerOf(request: FastifyRequest): Maker {
  const { id, actor } = adminOf(request)
  return { actor, madeBy: id }
}

/**
 * Asks again, in the write that makes something, whether the token of whoever makes it still counts: what was
 * on its way while that was revoked would outlive it.
 *
 * @throws Problem `admin_token_invalid`
 */
export async function refuseEndedMaker(
  store: Kysely<Tables>,
  { madeBy }: Pick<Maker, 'madeBy'>,
  now: number,
): Promise<void> {
  if (madeBy === null) return
  const row = await store
    .selectFrom('admin_tokens')
    .selectAll()
    .where('id', '=', madeBy)
    .executeTakeFirstOrThrow()
  refuseEnded(row, now)
}

/** @throws Problem `admin_token_invalid` */
export function refuseEnded(row: AdminTokenRow, now: number): void {
  if (row.revoked_at === null && row.expires_at > now) return
  const found = row.revoked_at === null ? 'expired' : row.kind === 'first' ? 'used' : 'revoked'
  throw new Problem('admin_token_invalid', { expected: 'a token that counts', found })
}
