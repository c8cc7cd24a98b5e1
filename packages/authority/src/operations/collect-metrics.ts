import type { Authority } from '../authority.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { collectIssuerMetrics } from '../issuers/collect-issuer-metrics.ts'
import { collectPublishedMetrics } from '../published/collect-published-metrics.ts'
import { collectReceiptMetrics } from '../receipts/collect-receipt-metrics.ts'
import { collectTrustMetrics } from '../trust/collect-trust-metrics.ts'
import { collectWebhookMetrics } from '../webhooks/collect-webhook-metrics.ts'
import { collectExpiryMetrics } from './collect-expiry-metrics.ts'
import { collectRunningMetrics } from './collect-running-metrics.ts'

/** Registers what is read when the metrics are asked for. */
export function collectMetrics(authority: Authority): void {
  const { metrics, lanes, admissions, feed, decisions, refusedAppraisals, store } = authority
  const byLane = (value: 'waiting' | 'running' | 'refused') => () =>
    lanes.snapshot().map((state) => ({ labels: { lane: state.lane }, value: state[value] }))

  metrics.collect({
    name: 'sallyport_authority_queue_waiting',
    help: 'Pieces of work that wait, by lane',
    kind: 'gauge',
    collect: byLane('waiting'),
  })
  metrics.collect({
    name: 'sallyport_authority_queue_running',
    help: 'Pieces of work that run, by lane',
    kind: 'gauge',
    collect: byLane('running'),
  })
  metrics.collect({
    name: 'sallyport_authority_queue_refused_total',
    help: 'Pieces of work refused because their lane was full, by lane',
    kind: 'counter',
    collect: byLane('refused'),
  })
  metrics.collect({
    name: 'sallyport_authority_connections_waiting',
    help: 'Connections of strangers that nothing was read of yet',
    kind: 'gauge',
    collect: () =>
      Object.entries(admissions).map(([listener, { counts }]) => ({
        labels: { listener },
        value: counts.waiting,
      })),
  })
  metrics.collect({
    name: 'sallyport_authority_connections_total',
    help: 'Connections by how they came in: expected from where devices called lately, admitted in their turn, dropped unread',
    kind: 'counter',
    collect: () =>
      Object.entries(admissions).flatMap(([listener, { counts }]) =>
        (['expected', 'admitted', 'dropped'] as const).map((way) => ({
          labels: { listener, way },
          value: counts[way],
        })),
      ),
  })
  metrics.collect({
    name: 'sallyport_authority_feed_seq',
    help: 'Number of the last change of the feed',
    kind: 'gauge',
    collect: () => [{ value: feed.seq }],
  })
  metrics.collect({
    name: 'sallyport_authority_feed_followers',
    help: 'Gateways that follow the feed now',
    kind: 'gauge',
    collect: () => [{ value: feed.followers }],
  })
  metrics.collect({
    name: 'sallyport_authority_decisions_dropped_total',
    help: 'Refusals of the authority that could not be kept',
    kind: 'counter',
    collect: () => [{ value: decisions.dropped }],
  })
  metrics.collect({
    name: 'sallyport_authority_appraisals_dropped_total',
    help: 'Refused appraisals that were not kept: a flood, or the store',
    kind: 'counter',
    collect: () => [{ value: refusedAppraisals.dropped }],
  })
  metrics.collect({
    name: 'sallyport_authority_store_writable',
    help: 'Whether the last write to the store held',
    kind: 'gauge',
    collect: () => [{ value: store.isWritable() ? 1 : 0 }],
  })
  metrics.collect({
    name: 'sallyport_authority_devices',
    help: 'Devices, by status',
    kind: 'gauge',
    collect: async () => {
      const rows = await store.read
        .selectFrom('devices')
        .select((column) => ['status', column.fn.countAll<number>().as('devices')])
        .groupBy('status')
        .execute()
      return rows.map(({ status, devices }) => ({ labels: { status }, value: devices }))
    },
  })
  metrics.collect({
    name: 'sallyport_authority_invalidations',
    help: 'What ends tokens and is remembered, by kind',
    kind: 'gauge',
    collect: async () => {
      const rows = await store.read
        .selectFrom('invalidations')
        .select((column) => ['kind', column.fn.countAll<number>().as('rows')])
        .groupBy('kind')
        .execute()
      return rows.map(({ kind, rows: value }) => ({ labels: { kind }, value }))
    },
  })
  metrics.collect({
    name: 'sallyport_insecure',
    help: 'Dangerous settings that are on',
    kind: 'gauge',
    collect: () =>
      insecureSettings(authority.config).map((name) => ({ labels: { name }, value: 1 })),
  })
  collectExpiryMetrics(authority)
  collectIssuerMetrics(authority)
  collectRunningMetrics(authority)
  collectTrustMetrics(authority)
  collectReceiptMetrics(authority)
  collectPublishedMetrics(authority)
  collectWebhookMetrics(authority)
}

/** The settings of danger that are on: their paths in the configuration. */
export function insecureSettings({
  apps,
  attestation,
  store,
  authority,
}: AuthorityConfig): string[] {
  const ofApps = Object.entries(apps).flatMap(
    ([appId, { insecureDevelopmentDevices, protocols }]) => {
      const { insecureSha1, insecureDes, insecureStaticChallengeFile } = protocols.scep ?? {}
      const settings = {
        insecureDevelopmentDevices,
        'protocols.scep.insecureSha1': insecureSha1 === true,
        'protocols.scep.insecureDes': insecureDes === true,
        'protocols.scep.insecureStaticChallengeFile': insecureStaticChallengeFile !== undefined,
      }
      return Object.entries(settings).flatMap(([name, isOn]) =>
        isOn ? [`apps.${appId}.${name}`] : [],
      )
    },
  )
  const others = {
    'attestation.insecureDevelopmentRoots': attestation.insecureDevelopmentRoots.length > 0,
    'authority.admin.signIn.insecureUnboundDevice':
      authority.admin.signIn?.insecureUnboundDevice === true,
    'authority.admin.insecureSinglePerson': authority.admin.insecureSinglePerson,
    'store.postgres.insecurePlaintext': store.postgres?.insecurePlaintext === true,
  }
  const ofWebhooks = Object.entries(authority.webhooks).flatMap(([name, { insecurePlaintext }]) =>
    insecurePlaintext ? [`authority.webhooks.${name}.insecurePlaintext`] : [],
  )
  return [
    ...ofApps,
    ...ofWebhooks,
    ...Object.entries(others).flatMap(([name, isOn]) => (isOn ? [name] : [])),
  ]
}
