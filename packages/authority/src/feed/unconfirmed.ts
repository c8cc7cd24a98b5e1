import type { ExpressionBuilder, Kysely } from 'kysely'
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
  /** CAs of this registry that may be withdrawn again, of those that are to be confirmed. */
  readonly withdrawing?: readonly string[]
}

/** What confirming would come to in the registry. */
export type Confirmation = {
  /** CAs that would be withdrawn. */
  readonly issuers: readonly string[]
  /** Devices and certificates that would end. */
  readonly changes: number
}

/** @param keys undefined: all that are open */
export async function weighConfirmation(
  read: Kysely<Tables>,
  keys: readonly string[] | undefined,
): Promise<Confirmation> {
  const asked = read
    .selectFrom('unconfirmed_status')
    .where('unconfirmed_status.decision', '=', 'open')
    .$if(keys !== undefined, (query) => query.where('unconfirmed_status.key', 'in', keys ?? []))
  const issuers = await asked
    .innerJoin('issuers', 'issuers.id', 'unconfirmed_status.key')
    .select('issuers.id')
    .where('unconfirmed_status.kind', '=', 'issuer')
    .where('issuers.status', '!=', 'revoked')
    .execute()
  const { count } = await asked
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('kind', 'in', ['device', 'certificate'])
    .executeTakeFirstOrThrow()
  return { issuers: issuers.map(({ id }) => id), changes: Number(count) }
}

/** Decides what is open, write after write. @returns how many were decided in which way */
export async function decideAll(
  authority: Authority,
  { keys, withdrawing = [], ...order }: UnconfirmedOrder,
): Promise<UnconfirmedCounts> {
  const { store, now } = authority
  const { actor, reason = 'withdrawn before the store was restored' } = order
  for (const id of withdrawing) await withdrawIssuer(authority, { id, reason, actor })
  const counts: UnconfirmedCounts = { open: 0, ended: 0, kept: 0, dropped: 0 }
  const decision = { ...order, issuedApps: await listedApps(store.read) }
  for (;;) {
    const done = await store.write(async (tx) => {
      let open = tx.selectFrom('unconfirmed_status').selectAll().where('decision', '=', 'open')
      if (keys !== undefined) open = open.where('key', 'in', keys)
      // One that a gateway told of meanwhile: nobody was asked about it.
      if (order.verdict === 'confirm') open = open.where(isNoIssuerInForce)
      const rows = await open.limit(perWrite).execute()
      return rows.length === 0
        ? undefined
        : decideUnconfirmed(tx, rows, { ...decision, now: now() })
    })
    if (done === undefined) return counts
    for (const [came, count] of Object.entries(done)) counts[came as UnconfirmedDecision] += count
  }
}

function isNoIssuerInForce(row: ExpressionBuilder<Tables, 'unconfirmed_status'>) {
  const inForce = row.selectFrom('issuers').select('id').where('status', '!=', 'revoked')
  return row.or([row('kind', '!=', 'issuer'), row('key', 'not in', inForce)])
}
