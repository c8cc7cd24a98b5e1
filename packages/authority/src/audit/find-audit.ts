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
  filter: AuditFilter,
  place: AuditPlace,
): Promise<AuditRow[]> {
  const { actor, subject, since, until } = filter
  const { chain, after } = place
  const span = since === undefined && until === undefined ? undefined : { since, until }
  const ends = span && (await spanOf(store, place, span).executeTakeFirstOrThrow())
  // Of no row there is no first one.
  if (ends?.first === null) return []
  const query = pageOf(store, filter, place, {
    first: Number(ends?.first ?? after + 1),
    ...(ends === undefined ? {} : { last: Number(ends.last) }),
    held: [
      ...(actor === undefined ? [] : [await heldBy(store, chain, 'actor', actor)]),
      ...(subject === undefined ? [] : [await heldBy(store, chain, 'subject', subject)]),
    ],
  })
  return openRows(store, await query.execute())
}

/**
 * Between which numbers, after a place, the rows of a span of time lie. Times follow the numbers but for clocks that
 * were set: an index of the times has both ends, and nothing outside of the span is read. Counting keeps PostgreSQL from
 * walking to either end through the numbers.
 */
export function spanOf(
  store: Kysely<Tables>,
  { chain, after }: Pick<AuditPlace, 'chain' | 'after'>,
  { since, until }: Pick<AuditFilter, 'since' | 'until'>,
) {
  return store
    .selectFrom('audit')
    .select(({ fn }) => [
      fn.min('seq').as('first'),
      fn.max('seq').as('last'),
      fn.countAll<number>().as('rows'),
    ])
    .where('chain', '=', chain)
    .$if(since !== undefined, (rows) => rows.where('at', '>=', since ?? 0))
    .$if(until !== undefined, (rows) => rows.where('at', '<', until ?? 0))
    .where('seq', '>', after)
}

type Held = (row: ExpressionBuilder<Tables, 'audit'>) => Expression<SqlBool>

/** The next rows from one number to another: whoever asks for more goes on after the last of them. */
export function pageOf(
  store: Kysely<Tables>,
  { action, since, until }: AuditFilter,
  { chain, limit }: AuditPlace,
  { first, last, held = [] }: { first: number; last?: number; held?: readonly Held[] },
) {
  let query = store
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>=', first)
  if (last !== undefined) query = query.where('seq', '<=', last)
  for (const one of held) query = query.where(one)
  if (action !== undefined) query = query.where('action', '=', action)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  return query.orderBy('seq').limit(limit)
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
): Promise<Held> {
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
