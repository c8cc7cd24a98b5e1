import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { Tables, UnconfirmedDecision, UnconfirmedStatusRow } from '../store/tables.ts'
import { type Decision, decideUnconfirmed } from './decide-unconfirmed.ts'
import { withdrawIssuer } from '../issuers/end-issuer.ts'
import { listedApps } from './issued-list.ts'

/** A write that decides so many lets others have their turn. */
const perWrite = 200

export type UnconfirmedCounts = Record<UnconfirmedDecision, number>

export async function countUnconfirmed(read: Kysely<Tables>): Promise<UnconfirmedCounts> {
  const rows = await read
    .selectFrom('unconfirmed_status')
    .select(['decision', (row) => row.fn.countAll<number>().as('count')])
    .groupBy('decision')
    .execute()
  const counts: UnconfirmedCounts = { open: 0, ended: 0, kept: 0, dropped: 0 }
  for (const { decision, count } of rows) counts[decision] = Number(count)
  return counts
}

/** Statuses that were decided in one way, by key. */
export function unconfirmedAfter(
  read: Kysely<Tables>,
  decision: UnconfirmedDecision,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<UnconfirmedStatusRow[]> {
  return read
    .selectFrom('unconfirmed_status')
    .selectAll()
    .where('decision', '=', decision)
    .where('key', '>', after)
    .orderBy('key')
    .limit(limit)
    .execute()
}

export type UnconfirmedOrder = Pick<Decision, 'verdict' | 'actor' | 'reason'> & {
  /** Undefined: all that are open. */
  readonly keys: readonly string[] | undefined
}

/** Decides what is open, write after write. @returns how many were decided in which way */
export async function decideAll(
  authority: Authority,
  { keys, ...order }: UnconfirmedOrder,
): Promise<UnconfirmedCounts> {
  const { store, now } = authority
  if (order.verdict === 'confirm') await withdrawAgain(authority, keys, order)
  const counts: UnconfirmedCounts = { open: 0, ended: 0, kept: 0, dropped: 0 }
  const decision = { ...order, issuedApps: await listedApps(store.read) }
  for (;;) {
    const done = await store.write(async (tx) => {
      let open = tx.selectFrom('unconfirmed_status').selectAll().where('decision', '=', 'open')
      if (keys !== undefined) open = open.where('key', 'in', keys)
      const rows = await open.limit(perWrite).execute()
      return rows.length === 0
        ? undefined
        : decideUnconfirmed(tx, rows, { ...decision, now: now() })
    })
    if (done === undefined) return counts
    for (const [came, count] of Object.entries(done)) counts[came as UnconfirmedDecision] += count
  }
}

/** Withdraws the CAs that had been: others are made in their place, which no row alone does. */
async function withdrawAgain(
  authority: Authority,
  keys: readonly string[] | undefined,
  { actor, reason = 'withdrawn before the store was restored' }: Omit<UnconfirmedOrder, 'keys'>,
): Promise<void> {
  const rows = await authority.store.read
    .selectFrom('unconfirmed_status')
    .innerJoin('issuers', 'issuers.id', 'unconfirmed_status.key')
    .select('issuers.id')
    .where('unconfirmed_status.kind', '=', 'issuer')
    .where('unconfirmed_status.decision', '=', 'open')
    .where('issuers.status', '!=', 'revoked')
    .execute()
  const chosen = rows.filter(({ id }) => keys === undefined || keys.includes(id))
  for (const { id } of chosen) await withdrawIssuer(authority, { id, reason, actor })
}
