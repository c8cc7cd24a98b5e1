import type { BreakGlassEvent } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { made } from '../audit/change.ts'
import { personal } from '../audit/personal.ts'
import type { Tables } from '../store/tables.ts'

/** Writes into the audit log that somebody made a stage of a gateway laxer, or that this is over: each once. */
export async function recordBrokenGlass(
  store: Kysely<Tables>,
  gateway: string,
  events: readonly BreakGlassEvent[],
  now: number,
): Promise<void> {
  for (const { id, event, at, until, route, stage, mode, reason, by } of events) {
    const { numInsertedOrUpdatedRows = 0n } = await store
      .insertInto('broken_glass')
      .values({ id, event, gateway, at: now })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) continue
    const laxer = { mode, until: new Date(until).toISOString() }
    await appendAudit(store, {
      at: now,
      actor: `gateway:${gateway}`,
      action: `break-glass.${event}`,
      subject: id,
      detail: {
        route,
        stage,
        reason,
        by: personal('operator', by),
        at: new Date(at).toISOString(),
        ...(event === 'began' ? made(laxer) : { before: laxer, after: null }),
      },
    })
  }
}
