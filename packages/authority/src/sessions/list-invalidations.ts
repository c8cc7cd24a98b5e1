import type { EndedKind } from '@sallyport/wire'
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

/** What ends tokens that could be in date, newest first. */
export function listInvalidations(
  store: Kysely<Tables>,
  { kind, key, before, limit, now }: InvalidationFilter,
): Promise<InvalidationRow[]> {
  return store
    .selectFrom('invalidations')
    .selectAll()
    .where('until', '>', now)
    .$if(kind !== undefined, (rows) => rows.where('kind', '=', kind ?? 'token'))
    .$if(key !== undefined, (rows) => rows.where('key', '=', key ?? ''))
    .$if(before !== undefined, (rows) => rows.where('seq', '<', before ?? 0))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
}
