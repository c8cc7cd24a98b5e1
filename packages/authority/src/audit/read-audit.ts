import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { AuditTableRow, PersonalValueRow, Tables } from '../store/tables.ts'
import type { AuditRow } from './audit-log.ts'
import { defaultChain } from './chain.ts'
import { openRow } from './opened-row.ts'
import type { SealedParts } from './seal.ts'

/**
 * Rows of a chain after `seq`, oldest first, with the personal values that are still there.
 *
 * @throws Problem `audit_broken` where a row holds what was never written
 */
export async function readAudit(
  store: Kysely<Tables>,
  after: number,
  limit: number,
  chain = defaultChain,
): Promise<AuditRow[]> {
  try {
    const rows = await store
      .selectFrom('audit')
      .selectAll()
      .where('chain', '=', chain)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return await openRows(store, rows)
  } catch (cause) {
    // RangeError is what node:sqlite says of an integer beyond 2^53.
    if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
    throw new Problem('audit_broken', {
      detail: `In the rows after ${after}`,
      expected: 'safe integers, and JSON as it was written',
      found: cause.message,
      cause,
    })
  }
}

/** @param rows of one chain, by their numbers */
export async function openRows(
  store: Kysely<Tables>,
  rows: readonly AuditTableRow[],
): Promise<AuditRow[]> {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return []
  const isDense = last.seq - first.seq < rows.length
  const all = store.selectFrom('personal_values').selectAll().where('chain', '=', first.chain)
  const values = await (isDense
    ? all.where('seq', '>=', first.seq).where('seq', '<=', last.seq)
    : all.where(
        'seq',
        'in',
        rows.map(({ seq }) => seq),
      )
  ).execute()
  const bySeq = Map.groupBy(values, ({ seq }) => seq)
  return rows.map((row) => openTableRow(row, bySeq.get(row.seq) ?? []))
}

/** SQLite keeps any kind of value in any column: what someone else wrote is not believed to be ours. */
function openTableRow(row: AuditTableRow, values: readonly PersonalValueRow[]): AuditRow {
  if (!Number.isSafeInteger(row.at) || !Number.isSafeInteger(row.seq)) {
    throw new RangeError(`row ${row.seq}, time ${row.at}`)
  }
  const detail = JSON.parse(row.detail) as SealedParts['detail']
  return { ...row, ...openRow({ ...row, detail }, values) }
}
