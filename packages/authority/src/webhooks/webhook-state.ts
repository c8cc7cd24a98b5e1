import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { chainHeads } from '../audit/checkpoint.ts'
import type { Tables, WebhookCursorRow, WebhookRow } from '../store/tables.ts'

/** A new receiver is told of what happens from now on; of authorities that come later, of everything. */
export async function ensureWebhook(
  store: Kysely<Tables>,
  name: string,
  now: number,
): Promise<void> {
  if ((await readWebhook(store, name)) !== undefined) return
  const row: WebhookRow = {
    name,
    since: now,
    status: 'active',
    generation: 0,
    ...doingWell,
    last_delivered_at: null,
    disabled_at: null,
    disabled_by: null,
    disabled_reason: null,
  }
  await store.insertInto('webhooks').values(row).execute()
  for (const { name: chain, seq } of await chainHeads(store)) {
    await writeCursor(store, { webhook: name, chain, seq, sent: null })
  }
}

const doingWell = { failures: 0, failing_since: null, next_attempt_at: null, last_error: null }

export function readWebhook(store: Kysely<Tables>, name: string): Promise<WebhookRow | undefined> {
  return store.selectFrom('webhooks').selectAll().where('name', '=', name).executeTakeFirst()
}

/** How far a receiver was told of each chain that there is, and where that ends. */
export type ChainProgress = WebhookCursorRow & { readonly head: number }

export async function readProgress(
  store: Kysely<Tables>,
  webhook: string,
): Promise<ChainProgress[]> {
  const heads = await chainHeads(store)
  const cursors = await store
    .selectFrom('webhook_cursors')
    .selectAll()
    .where('webhook', '=', webhook)
    .execute()
  return heads.map(({ name: chain, seq: head }) => {
    const cursor = cursors.find((one) => one.chain === chain)
    return { webhook, chain, seq: cursor?.seq ?? 0, sent: cursor?.sent ?? null, head }
  })
}

export async function writeCursor(store: Kysely<Tables>, row: WebhookCursorRow): Promise<void> {
  const { seq, sent } = row
  await store
    .insertInto('webhook_cursors')
    .values(row)
    .onConflict((conflict) => conflict.columns(['webhook', 'chain']).doUpdateSet({ seq, sent }))
    .execute()
}

/** Something was delivered. */
export async function noteDelivered(
  store: Kysely<Tables>,
  name: string,
  now: number,
): Promise<void> {
  const row = { ...doingWell, last_delivered_at: now }
  await store.updateTable('webhooks').set(row).where('name', '=', name).execute()
}

export type Failure = { why: string; failures: number; since: number; nextAttemptAt: number }

/** Something was not, and is tried again. */
export async function noteFailure(
  store: Kysely<Tables>,
  name: string,
  { why, failures, since, nextAttemptAt }: Failure,
): Promise<void> {
  await store
    .updateTable('webhooks')
    .set({ failures, failing_since: since, next_attempt_at: nextAttemptAt, last_error: why })
    .where('name', '=', name)
    .execute()
}

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
  const due = { next_attempt_at: null, generation: row.generation + 1 }
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
