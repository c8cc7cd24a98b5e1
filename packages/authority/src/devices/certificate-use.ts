import type { Kysely } from 'kysely'
import { recordFork } from '../renewal/fork.ts'
import { replacementOf } from '../renewal/succession.ts'
import type { Tables } from '../store/tables.ts'

/**
 * Notes that connections under certificates were seen, in the first write that can tell. One that was
 * replaced before it was used tells of a fork when it is seen after all. That is recorded and no more:
 * what a gateway says never changes a status. The device's next renewal does, as policy says.
 *
 * @param seenBy `device:<id>`, `gateway:<name>`
 */
export async function noteUse(
  store: Kysely<Tables>,
  thumbprints: readonly string[],
  { seenBy, now }: { seenBy: string; now: number },
): Promise<void> {
  if (thumbprints.length === 0) return
  const first = await store
    .updateTable('certificates')
    .set({ used_at: now })
    .where('thumbprint', 'in', thumbprints)
    .where('used_at', 'is', null)
    .returningAll()
    .execute()
  for (const shown of first) {
    const rival = await replacementOf(store, shown)
    if (rival === undefined) continue
    await recordFork(store, { shown, rival, actor: seenBy, now, detail: {} })
  }
}
