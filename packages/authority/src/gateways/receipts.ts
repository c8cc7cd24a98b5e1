import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** What one gateway did about one change. */
export type Receipt = {
  gateway: string
  /** `snapshot`: it started later, with a snapshot that holds the change. */
  state: 'applied' | 'snapshot' | 'silent'
  appliedAfterMs?: number
  ended?: { http1: number; http2: number; webSocket: number }
  /** Its last report, where there was one. */
  lastSeenAt: number | null
}

/**
 * What each gateway that is not revoked did about a change.
 *
 * @throws Problem `not_found` where there is no such change
 */
export async function receiptsOf(
  store: Kysely<Tables>,
  seq: number,
): Promise<{ seq: number; at: number; receipts: Receipt[] }> {
  const change = await store
    .selectFrom('changes')
    .select('at')
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (change === undefined) throw new Problem('not_found', { detail: `No change ${seq}` })
  const rows = await store
    .selectFrom('gateways')
    .leftJoin('receipts', (join) =>
      join.onRef('receipts.gateway', '=', 'gateways.name').on('receipts.seq', '=', seq),
    )
    .select([
      'gateways.name',
      'gateways.seq as reached',
      'gateways.last_seen_at',
      'receipts.applied_after_ms',
      'receipts.http1',
      'receipts.http2',
      'receipts.web_socket',
    ])
    .where('gateways.status', '=', 'active')
    .orderBy('gateways.name')
    .execute()
  const receipts = rows.map((row): Receipt => {
    const facts = { gateway: row.name, lastSeenAt: row.last_seen_at }
    if (row.applied_after_ms === null) {
      return { ...facts, state: row.reached >= seq ? 'snapshot' : 'silent' }
    }
    const ended = {
      http1: row.http1 ?? 0,
      http2: row.http2 ?? 0,
      webSocket: row.web_socket ?? 0,
    }
    return { ...facts, state: 'applied', appliedAfterMs: row.applied_after_ms, ended }
  })
  return { seq, at: change.at, receipts }
}

/** Enough for a percentile, and read in a moment. */
const maxAges = 1_000

/** How old changes were when a gateway had applied them, of the last thousand; null where there are none. */
export async function appliedAges(
  store: Kysely<Tables>,
  gateway: string,
): Promise<{ changes: number; medianMs: number; p99Ms: number } | null> {
  const rows = await store
    .selectFrom('receipts')
    .select('applied_after_ms')
    .where('gateway', '=', gateway)
    .orderBy('seq', 'desc')
    .limit(maxAges)
    .execute()
  const ages = rows.map((row) => row.applied_after_ms).toSorted((one, other) => one - other)
  const at = (part: number) => ages[Math.floor((ages.length - 1) * part)] ?? 0
  return ages.length === 0 ? null : { changes: ages.length, medianMs: at(0.5), p99Ms: at(0.99) }
}
