import { Problem } from '@sallyport/problem'
import { type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import type { Tables } from './tables.ts'

/** What is asked of a list that grows: where the page before ended, and how many rows at most (100 unless it is said). */
export type PageOrder = {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

/** `nextCursor`: where the next page begins; undefined where this was the last. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly nextCursor: string | undefined }

/** The columns that rows are in the order of: a time that never changes, and among those of one time their id. */
export type RowOrder<Row> = {
  readonly time: keyof Row & string
  readonly id: keyof Row & string
  readonly direction: 'asc' | 'desc'
}

const usualRows = 100

/**
 * A page of a query. The cursor names the last row that was told, not how many there were: what comes and goes
 * between two pages has no row told twice, and none passed over.
 *
 * @param query without an order; an index of both columns of the order is to be behind it
 * @throws Problem `message_malformed` where the cursor is none of ours
 */
export async function readPage<Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  order: RowOrder<Row>,
  { cursor, limit = usualRows }: PageOrder,
): Promise<Page<Row>> {
  const { time, id, direction } = order
  const rest = cursor === undefined ? query : query.where(isBeyond(readCursor(cursor), order))
  const found = await rest
    .orderBy(sql.ref(time), direction)
    .orderBy(sql.ref(id), direction)
    .limit(limit + 1)
    .execute()
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : undefined
  return { rows, nextCursor: last === undefined ? undefined : cursorOf(last, order) }
}

/** The first condition is what an index is looked up by; the second one leaves out what was told of the same time. */
function isBeyond<Row>({ at, id }: Place, order: RowOrder<Row>) {
  const [timeColumn, idColumn] = [sql.ref(order.time), sql.ref(order.id)]
  return order.direction === 'asc'
    ? sql<SqlBool>`(${timeColumn} >= ${at} and (${timeColumn} > ${at} or ${idColumn} > ${id}))`
    : sql<SqlBool>`(${timeColumn} <= ${at} and (${timeColumn} < ${at} or ${idColumn} < ${id}))`
}

type Place = { readonly at: number; readonly id: string }

export function cursorOf<Row>(row: Row, { time, id }: Pick<RowOrder<Row>, 'time' | 'id'>): string {
  return `${String(row[time])}.${String(row[id])}`
}

function readCursor(text: string): Place {
  const [, at, id] = /^([0-9]{1,15})\.([A-Za-z0-9_-]{1,100})$/.exec(text) ?? []
  if (at !== undefined && id !== undefined) return { at: Number(at), id }
  throw new Problem('message_malformed', { expected: 'nextCursor of the page before', found: text })
}
