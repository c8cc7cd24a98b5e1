import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { Kysely } from 'kysely'
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

/** What a receiver has that failed at nothing lately. */
export const doingWell = {
  failures: 0,
  failing_since: null,
  next_attempt_at: null,
  last_error: null,
}

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

/** An event that a receiver refuses, and takes others: its place, and the refusal. */
export type SkippedEvent = { chain: string; seq: number; why: string }

/** It is passed over, so that it stops no others, and told. */
export async function noteSkipped(
  store: Kysely<Tables>,
  { name, event, now }: { name: string; event: SkippedEvent; now: number },
): Promise<void> {
  const { chain, seq, why } = event
  await appendAudit(store, {
    at: now,
    actor: 'authority',
    action: 'webhook.event-skipped',
    subject: name,
    detail: { reason: why, chain, ...changed({ after: seq - 1 }, { after: seq }) },
  })
}

/** Whether something may be sent now. */
export function isDue(row: WebhookRow | undefined, now: number): boolean {
  return row?.status === 'active' && (row.next_attempt_at ?? 0) <= now
}
