import { sql } from 'kysely'
import type { Authority } from '../authority.ts'
import { readinessOf } from './readiness.ts'

/** Registers what answers "is anything late": gateways, work by the clock, clocks, and what is needed. */
export function collectRunningMetrics(authority: Authority): void {
  const { metrics, store, leases, now } = authority
  const gauge = (
    name: string,
    help: string,
    collect: Parameters<typeof metrics.collect>[0]['collect'],
  ): void => metrics.collect({ name: `sallyport_authority_${name}`, help, kind: 'gauge', collect })

  gauge('ready', 'Whether what the authority needs is there, by what it is', async () => {
    const { checks } = await readinessOf(authority)
    return Object.entries(checks).map(([check, outcome]) => ({
      labels: { check },
      value: outcome === 'ok' ? 1 : 0,
    }))
  })
  gauge('gateway_heard_timestamp_seconds', 'When an active gateway reported last', async () =>
    (await activeGateways(store.read)).flatMap(({ name, last_seen_at: at }) =>
      at === null ? [] : [{ labels: { gateway: name }, value: at / 1_000 }],
    ),
  )
  gauge(
    'gateway_behind_changes',
    'Changes that an active gateway has not applied yet',
    async () => {
      const { feed } = authority
      return (await activeGateways(store.read)).map(({ name, seq }) => ({
        labels: { gateway: name },
        value: Math.max(0, feed.seq - seq),
      }))
    },
  )
  gauge(
    'work_done_timestamp_seconds',
    'When work by the clock was last done here, by what it is',
    () => [...leases.done].map(([work, at]) => ({ labels: { work }, value: at / 1_000 })),
  )
  gauge(
    'clock_offset_seconds',
    'How far the clock of this machine is ahead of the store',
    async () => {
      const before = now()
      const answer = await sql<{ at: number }>`select ${store.clock} as at`.execute(store.read)
      // In the middle of question and answer, as NTP has it.
      const middle = (before + now()) / 2
      return answer.rows.map(({ at }) => ({ value: (middle - at) / 1_000 }))
    },
  )
}

function activeGateways(read: Authority['store']['read']) {
  return read
    .selectFrom('gateways')
    .select(['name', 'last_seen_at', 'seq'])
    .where('status', '=', 'active')
    .orderBy('name')
    .execute()
}
