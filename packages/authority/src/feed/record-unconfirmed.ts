import type { Report } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Tables, UnconfirmedStatusRow } from '../store/tables.ts'
import { isReportable } from './reportable.ts'

/** A gateway that makes things up fills no more than this, and takes the room of no other. */
const maxOpen = 500_000
const finalStatuses: ReadonlySet<string> = new Set(['revoked', 'ended', 'withdrawn'])

export type ReportedUnconfirmed = {
  readonly gateway: string
  readonly epoch: string
  readonly now: number
  /** Of one gateway that are open. */
  readonly most?: number
}

/**
 * Keeps what a gateway goes on refusing from another epoch, until somebody decides. What was decided in this
 * epoch stays so; what was decided in one before is asked anew. Of two gateways the one counts that refuses more.
 * What refuses nothing is passed over.
 */
export async function recordUnconfirmed(
  store: Kysely<Tables>,
  { total, statuses }: NonNullable<Report['unconfirmed']>,
  { gateway, epoch, now, most = maxOpen }: ReportedUnconfirmed,
): Promise<void> {
  await store
    .updateTable('gateways')
    .set({ unconfirmed: total })
    .where('name', '=', gateway)
    .execute()
  const known = statuses.filter(isReportable)
  if (known.length === 0 || (await countOpen(store, gateway)) >= most) return
  for (const { kind, key, status, until, issuedUntil } of known) {
    const before = await store
      .selectFrom('unconfirmed_status')
      .selectAll()
      .where('kind', '=', kind)
      .where('key', '=', key)
      .executeTakeFirst()
    const row: UnconfirmedStatusRow = {
      kind,
      key,
      status,
      until,
      issued_until: issuedUntil ?? null,
      epoch,
      reported_at: now,
      reported_by: gateway,
      decision: 'open',
      decided_at: null,
      decided_by: null,
      reason: null,
    }
    if (before !== undefined && !isNews(before, row)) continue
    await store
      .insertInto('unconfirmed_status')
      .values(row)
      .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet(row))
      .execute()
  }
}

function isNews(
  before: UnconfirmedStatusRow,
  { epoch, status, issued_until }: UnconfirmedStatusRow,
) {
  if (before.epoch !== epoch) return true
  if (before.decision !== 'open') return false
  if (finalStatuses.has(status) !== finalStatuses.has(before.status)) {
    return finalStatuses.has(status)
  }
  // Without a time all tokens are ended.
  return (issued_until ?? Infinity) > (before.issued_until ?? Infinity)
}

async function countOpen(store: Kysely<Tables>, gateway: string): Promise<number> {
  const { count } = await store
    .selectFrom('unconfirmed_status')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('decision', '=', 'open')
    .where('reported_by', '=', gateway)
    .executeTakeFirstOrThrow()
  return Number(count)
}
