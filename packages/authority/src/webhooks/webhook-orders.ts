import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { Tables, WebhookRow } from '../store/tables.ts'
import { doingWell, readProgress, readWebhook, writeCursor } from './webhook-state.ts'

/** Who changes how it goes with a receiver, and why. */
export type WebhookOrder = { name: string; reason: string | null; actor: string; now: number }

/**
 * Has nothing sent any more; what happens meanwhile waits. Again it changes nothing.
 *
 * @throws Problem `not_found`
 */
export async function disableWebhook(
  store: Kysely<Tables>,
  { name, reason, actor, now }: WebhookOrder,
): Promise<WebhookRow> {
  const row = await findWebhook(store, name)
  if (row.status === 'disabled') return row
  const disabled = {
    status: 'disabled',
    generation: row.generation + 1,
    disabled_at: now,
    disabled_by: actor,
    disabled_reason: reason,
  } as const
  await store.updateTable('webhooks').set(disabled).where('name', '=', name).execute()
  await appendAudit(store, {
    at: now,
    actor,
    action: 'webhook.disabled',
    subject: name,
    detail: { reason, ...changed({ status: row.status }, { status: 'disabled' }) },
  })
  return { ...row, ...disabled }
}

/**
 * Has events sent again, from where it stopped.
 *
 * @param skip leaves out what waits
 * @throws Problem `not_found`
 */
export async function enableWebhook(
  store: Kysely<Tables>,
  { name, reason, actor, now }: WebhookOrder,
  { skip }: { skip: boolean },
): Promise<WebhookRow> {
  const row = await findWebhook(store, name)
  if (row.status === 'active' && !skip) return row
  const before = await readProgress(store, name)
  const skipped = skip ? before.filter(({ seq, head }) => seq < head) : []
  for (const { chain, head } of skipped) {
    await writeCursor(store, { webhook: name, chain, seq: head, sent: null })
  }
  const enabled = {
    ...doingWell,
    status: 'active',
    generation: row.generation + 1,
    disabled_at: null,
    disabled_by: null,
    disabled_reason: null,
  } as const
  await store.updateTable('webhooks').set(enabled).where('name', '=', name).execute()
  const ends = (of: 'seq' | 'head') => skipped.map((one) => ({ chain: one.chain, after: one[of] }))
  await appendAudit(store, {
    at: now,
    actor,
    action: 'webhook.enabled',
    subject: name,
    detail: {
      reason,
      ...changed(
        { status: row.status, cursors: ends('seq') },
        { status: 'active', cursors: ends('head') },
      ),
    },
  })
  return { ...row, ...enabled }
}

/** From where on a chain is sent again. */
export type Rewind = { chain: string; after: number }

/**
 * Tries again at once; and with a place in a chain, sends again what came after it.
 *
 * @throws Problem `not_found`
 */
export async function retryWebhook(
  store: Kysely<Tables>,
  { name, reason, actor, now }: WebhookOrder,
  rewind: Rewind | undefined,
): Promise<WebhookRow> {
  const row = await findWebhook(store, name)
  // What is on its way goes on, unless it is to be sent again: who asked without end would have nothing ever told.
  const generation = row.generation + (rewind === undefined ? 0 : 1)
  const due = { next_attempt_at: null, generation }
  await store.updateTable('webhooks').set(due).where('name', '=', name).execute()
  const moved = rewind === undefined ? undefined : await moveBack(store, name, rewind)
  await appendAudit(store, {
    at: now,
    actor,
    action: 'webhook.retried',
    subject: name,
    detail: {
      reason,
      chain: rewind?.chain ?? null,
      ...changed(
        { nextAttemptAt: row.next_attempt_at, after: moved?.from ?? null },
        { nextAttemptAt: null, after: moved?.to ?? null },
      ),
    },
  })
  return { ...row, ...due }
}

/** So many rows one person has sent again, and that only once what was sent before is told but for so many. */
const mostRewound = { rows: 1_000, waiting: 64 }

/** Whether a receiver would hear of what happens now only after much that it was told already. */
export async function isLongRewind(
  store: Kysely<Tables>,
  name: string,
  { chain, after }: Rewind,
): Promise<boolean> {
  const at = (await readProgress(store, name)).find((one) => one.chain === chain)
  if (at === undefined) return false
  return at.head - after > mostRewound.rows || at.head - at.seq > mostRewound.waiting
}

async function moveBack(store: Kysely<Tables>, webhook: string, { chain, after }: Rewind) {
  const at = (await readProgress(store, webhook)).find((one) => one.chain === chain)
  if (at === undefined) throw new Problem('not_found', { detail: `No chain ${chain}` })
  const seq = Math.min(after, at.seq)
  await writeCursor(store, { webhook, chain, seq, sent: null })
  return { from: at.seq, to: seq }
}

/** @throws Problem `not_found` */
export async function findWebhook(store: Kysely<Tables>, name: string): Promise<WebhookRow> {
  const row = await readWebhook(store, name)
  if (row !== undefined) return row
  throw new Problem('not_found', { detail: `No webhook ${name}` })
}
