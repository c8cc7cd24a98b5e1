import type { Authority } from '../authority.ts'
import { readProgress, readWebhook } from './webhook-state.ts'

/** How it goes with each receiver that is configured: names are the operator's own, and bounded. */
export function collectWebhookMetrics(authority: Authority): void {
  const { metrics, store } = authority
  const names = () => Array.from(authority.webhooks.keys())
  metrics.collect({
    name: 'sallyport_authority_webhook_waiting_rows',
    help: 'Rows of the audit log that a webhook was not yet held against, by webhook',
    kind: 'gauge',
    collect: () =>
      Promise.all(
        names().map(async (webhook) => {
          const progress = await readProgress(store.read, webhook)
          const value = progress.reduce((sum, { head, seq }) => sum + head - seq, 0)
          return { labels: { webhook }, value }
        }),
      ),
  })
  metrics.collect({
    name: 'sallyport_authority_webhook_disabled',
    help: 'Webhooks that nothing is sent to, by webhook',
    kind: 'gauge',
    collect: () =>
      Promise.all(
        names().map(async (webhook) => {
          const row = await readWebhook(store.read, webhook)
          return { labels: { webhook }, value: row?.status === 'disabled' ? 1 : 0 }
        }),
      ),
  })
}
