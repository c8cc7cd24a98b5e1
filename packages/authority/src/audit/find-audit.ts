import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { type AuditRow, readRow } from './audit-log.ts'

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
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (action !== undefined) query = query.where('action', '=', action)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  const rows = await query.where('seq', '>', after).orderBy('seq').limit(limit).execute()
  return rows.map(readRow)
}
