import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { truncateAddress } from './truncate-address.ts'
import type { AuditRow } from './audit-log.ts'
import { openRows } from './read-audit.ts'

/** Which rows of a chain somebody looks for. All that are given must hold; times are milliseconds. */
export type AuditFilter = {
  actor?: string | undefined
  action?: string | undefined
  subject?: string | undefined
  since?: number | undefined
  until?: number | undefined
}

export type AuditPlace = { chain: string; after: number; limit: number }

/** Rows of a chain that a filter lets through, oldest first. Their hashes chain nothing: others lie between. */
export async function findAudit(
  store: Kysely<Tables>,
  { actor, action, subject, since, until }: AuditFilter,
  { chain, after, limit }: AuditPlace,
): Promise<AuditRow[]> {
  let query = store.selectFrom('audit').selectAll().where('chain', '=', chain)
  if (actor !== undefined) query = query.where(await heldBy(store, chain, 'actor', actor))
  if (action !== undefined) query = query.where('action', '=', action)
  if (subject !== undefined) query = query.where(await heldBy(store, chain, 'subject', subject))
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  const rows = await query.where('seq', '>', after).orderBy('seq').limit(limit).execute()
  return openRows(store, rows)
}

/**
 * In the row itself, or among the personal values that lie beside it: an address, or the network of some. Both ways at once are only looked at
 * where both lead to rows: joined by `or` they have PostgreSQL walk through the whole log.
 */
async function heldBy(
  store: Kysely<Tables>,
  chain: string,
  column: 'actor' | 'subject',
  asked: string,
): Promise<(row: ExpressionBuilder<Tables, 'audit'>) => Expression<SqlBool>> {
  const network = truncateAddress(asked)
  let personal = store
    .selectFrom('personal_values')
    .select('seq')
    .where('chain', '=', chain)
    .where('place', '=', `/${column}`)
    .where('value', '=', network)
  if (network !== asked) personal = personal.where('exact', '=', asked)
  if ((await personal.limit(1).executeTakeFirst()) === undefined) {
    return (row) => row(column, '=', asked)
  }
  const named = store
    .selectFrom('audit')
    .select('seq')
    .where('chain', '=', chain)
    .where(column, '=', asked)
  return (row) => row('seq', 'in', named.unionAll(personal))
}
