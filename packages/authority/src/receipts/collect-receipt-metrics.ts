import type { Authority } from '../authority.ts'
import { readLane } from './lane.ts'
import type { ReceiptLane } from './receipt-lane.ts'
import { oldestDue } from './receipts-report.ts'

/** Registers what is read of App Attest receipts when the metrics are asked for. */
export function collectReceiptMetrics({ metrics, receipts, store, now }: Authority): void {
  const gauge = (name: string, help: string, valueOf: (lane: ReceiptLane) => Promise<number>) =>
    metrics.collect({
      name: `sallyport_authority_${name}`,
      help,
      kind: 'gauge',
      collect: () =>
        Promise.all(
          receipts.lanes.map(async (each) => {
            const { team_id: team, environment } = each.lane
            return { labels: { team, environment }, value: await valueOf(each) }
          }),
        ),
    })
  gauge(
    'receipts_lag_seconds',
    'For how long the oldest App Attest receipt has been due',
    async (each) => {
      const since = await oldestDue(each, store.read, now())
      return since === undefined ? 0 : Math.max(0, (now() - since) / 1_000)
    },
  )
  gauge(
    'receipts_failures',
    'How often in a row Apple gave no App Attest receipt',
    async (each) => {
      return (await readLane(store.read, each.lane))?.failures ?? 0
    },
  )
}
