import type { Static } from 'typebox'
import type { Authority } from '../../authority.ts'
import type { WebhookRow } from '../../store/tables.ts'
import { readProgress } from '../../webhooks/webhook-state.ts'
import { time } from './present.ts'
import type { AdminWebhook } from './webhook-messages.ts'

const optionalTime = (at: number | null) => (at === null ? null : time(at))

/** A receiver, with nothing in it that its URL or its key could be learnt from. */
export async function presentWebhook(
  { store, webhooks }: Pick<Authority, 'store' | 'webhooks'>,
  row: WebhookRow,
) {
  const target = webhooks.get(row.name)
  const progress = await readProgress(store.read, row.name)
  return {
    name: row.name,
    status: statusOf(row, target !== undefined),
    origin: target?.url.origin ?? null,
    events: [...(target?.events ?? [])],
    apps: target?.apps === undefined ? null : [...target.apps],
    waitingRows: progress.reduce((sum, { head, seq }) => sum + head - seq, 0),
    since: time(row.since),
    lastDeliveredAt: optionalTime(row.last_delivered_at),
    failures: row.failures,
    failingSince: optionalTime(row.failing_since),
    nextAttemptAt: optionalTime(row.next_attempt_at),
    lastError: row.last_error,
    disabledAt: optionalTime(row.disabled_at),
    disabledBy: row.disabled_by,
    disabledReason: row.disabled_reason,
    cursors: progress.map(({ chain, seq: after, head }) => ({ chain, after, head })),
  }
}

function statusOf(
  { status, failures }: WebhookRow,
  isConfigured: boolean,
): Static<typeof AdminWebhook>['status'] {
  if (!isConfigured) return 'unconfigured'
  return status === 'active' && failures > 0 ? 'failing' : status
}
