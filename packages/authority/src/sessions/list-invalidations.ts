import { type EndedKind, endedKinds } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { InvalidationRow, Tables } from '../store/tables.ts'

export type InvalidationFilter = {
  kind: EndedKind | undefined
  key: string | undefined
  /** Only those with a lower number. */
  before: number | undefined
  limit: number
  now: number
}

const kinds = Object.keys(endedKinds) as EndedKind[]

/** What ends tokens that could be in date, newest first. */
export function listInvalidations(
  store: Kysely<Tables>,
  { kind, key, before, limit, now }: InvalidationFilter,
): Promise<InvalidationRow[]> {
  return (
    store
      .selectFrom('invalidations')
      .selectAll()
      .where('until', '>', now)
      .$if(kind !== undefined, (rows) => rows.where('kind', '=', kind ?? 'token'))
      // The kinds beside it: rows are found by both, and by the key alone nowhere.
      .$if(key !== undefined, (rows) =>
        rows.where('kind', 'in', kinds).where('key', '=', key ?? ''),
      )
      .$if(before !== undefined, (rows) => rows.where('seq', '<', before ?? 0))
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute()
  )
}
