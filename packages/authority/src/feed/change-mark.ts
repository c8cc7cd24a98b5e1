import { createHash } from 'node:crypto'
import { changeMarkBase, changeMarkCharacters } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** What change `seq` is told apart by from another of the same number; empty where it is not kept any more. */
export async function changeMark(store: Kysely<Tables>, seq: number): Promise<string> {
  const row = await store
    .selectFrom('changes')
    .select(['seq', 'at', 'kind', 'key', 'status'])
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (row === undefined) return ''
  const digest = createHash('sha256').update(changeMarkBase(row)).digest('base64url')
  return digest.slice(0, changeMarkCharacters)
}
