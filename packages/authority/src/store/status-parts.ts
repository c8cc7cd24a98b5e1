import { type RawBuilder, sql, type SqlBool } from 'kysely'

// Tables with many rows of many apps have an index by app and by status within, or by status alone, each with its rows
// in the order of the list. A list of several of these is a page of each, put together: no engine does that without
// reading, and sorting, all that they have.

/** Of these apps, of this status; undefined: of any. */
type StatusFilter<Status> = {
  readonly appIds?: readonly string[] | undefined
  readonly status?: Status | undefined
}

/** What one index has in order. */
export type StatusPart<Status> = {
  readonly appId?: string | undefined
  readonly status?: Status | undefined
}

/** The parts of a table that a filter asks for. */
export function statusParts<Status>(
  { appIds, status }: StatusFilter<Status>,
  statuses: readonly Status[],
): StatusPart<Status>[] {
  if (appIds === undefined) return [{ status }]
  const asked = status === undefined ? statuses : [status]
  return appIds.flatMap((appId) => asked.map((one) => ({ appId, status: one })))
}

/**
 * The first rows of several parts, one part after the other: at one point in time, or a row that changes its status
 * meanwhile may be in two of them, or in none.
 *
 * @param read the first `limit` rows of one part
 * @param isBefore the order of all, which is that of each
 */
export async function readParts<Part, Row>(
  parts: readonly Part[],
  limit: number,
  read: (part: Part) => Promise<readonly Row[]>,
  isBefore: (one: Row, other: Row) => boolean,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const part of parts) rows.push(...(await read(part)))
  if (parts.length > 1) rows.sort((one, other) => (isBefore(one, other) ? -1 : 1))
  return rows.slice(0, limit)
}

/**
 * The conditions of a filter for rows that something else finds, which are few: of expressions in place of columns, so
 * that no engine takes an index of theirs, and looks through all of an app for the devices of one user.
 */
export function leftBy({ appIds, status }: StatusFilter<string>): RawBuilder<SqlBool>[] {
  return [
    ...(appIds === undefined
      ? []
      : [sql<SqlBool>`${sql.ref('app_id')} || '' in (${sql.join(appIds)})`]),
    ...(status === undefined ? [] : [sql<SqlBool>`${sql.ref('status')} || '' = ${status}`]),
  ]
}
