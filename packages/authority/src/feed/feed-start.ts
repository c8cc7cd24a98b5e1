import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { feedHead } from './append-change.ts'

/**
 * Whether the feed can be followed from after a number: it is of this feed, it was given out, and no
 * later change was forgotten.
 *
 * @throws Problem `feed_gone`
 */
export async function refuseGone(
  store: Kysely<Tables>,
  start: { epoch: string | undefined; after: number },
  epoch: string,
): Promise<void> {
  const head = await feedHead(store)
  if (start.epoch !== undefined && start.epoch !== epoch) {
    throw new Problem('feed_gone', { expected: `epoch ${epoch}`, found: start.epoch })
  }
  if (start.after > head) {
    throw new Problem('feed_gone', { expected: `at most ${head}`, found: String(start.after) })
  }
  const next = await store
    .selectFrom('changes')
    .select('seq')
    .where('seq', '=', start.after + 1)
    .executeTakeFirst()
  if (start.after < head && next === undefined) {
    throw new Problem('feed_gone', {
      expected: 'a number whose successor is kept',
      found: String(start.after),
    })
  }
}
