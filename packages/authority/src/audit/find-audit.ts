import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { truncateAddress } from '../privacy/truncate-address.ts'
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
  if (actor !== undefined) query = query.where((row) => isAt(row, chain, 'actor', actor))
  if (action !== undefined) query = query.where('action', '=', action)
  if (subject !== undefined) query = query.where((row) => isAt(row, chain, 'subject', subject))
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  const rows = await query.where('seq', '>', after).orderBy('seq').limit(limit).execute()
  return openRows(store, rows)
}

/** In the row itself, or among the personal values that lie beside it: an address, or the network of some. */
function isAt(
  row: ExpressionBuilder<Tables, 'audit'>,
  chain: string,
  column: 'actor' | 'subject',
  asked: string,
) {
  const network = truncateAddress(asked)
  let personal = row
    .selectFrom('personal_values')
    .select('seq')
    .where('chain', '=', chain)
    .where('place', '=', `/${column}`)
    .where('value', '=', network)
  if (network !== asked) personal = personal.where('exact', '=', asked)
  return row.or([row(column, '=', asked), row('seq', 'in', personal)])
}
