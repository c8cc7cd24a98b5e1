import { durationBounds } from '../metrics/histogram.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import { staleLevels } from '../status/staleness.ts'
import { addressMetrics } from './address-metrics.ts'
import { limitMetrics } from './limit-metrics.ts'
import type { Metric, Sample } from './metric.ts'

const one = (value: number): Sample[] => [{ labels: {}, value }]

/** Every metric of a gateway. */
export const gatewayMetrics: readonly Metric[] = [
  ...limitMetrics,
  ...addressMetrics,
  {
    name: 'sallyport_requests_total',
    type: 'counter',
    help: 'Requests by route, how they ended, and why',
    samples: (workers) =>
      workers.flatMap(({ requests }) =>
        requests.map(({ host, route, outcome, reason, count }) => ({
          labels: { host, route, outcome, reason },
          value: count,
        })),
      ),
  },
  {
    name: 'sallyport_request_duration_seconds',
    type: 'histogram',
    help: 'From the header section of a request to the end of its answer',
    samples: (workers) => workers.flatMap(({ durations }) => histogramSamples(durations)),
  },
  {
    name: 'sallyport_connections',
    type: 'gauge',
    help: 'Open connections by protocol',
    samples: (workers) =>
      workers.flatMap(({ connections }) =>
        Object.entries(connections).map(([protocol, value]) => ({ labels: { protocol }, value })),
      ),
  },
  {
    name: 'sallyport_connections_accepted_total',
    type: 'counter',
    help: 'Connections that were accepted',
    samples: (workers) => workers.map(({ accepted }) => ({ labels: {}, value: accepted })),
  },
  {
    name: 'sallyport_connections_turned_away_total',
    type: 'counter',
    help: 'Connections that were closed at once, for want of room',
    samples: (workers) => workers.map(({ turnedAway }) => ({ labels: {}, value: turnedAway })),
  },
  {
    name: 'sallyport_server_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate that a host shows ends, in Unix time; 0 where it has none yet',
    samples: (_workers, { certificates }) =>
      certificates.map(({ host, source, notAfter = 0 }) => ({
        labels: { host, source },
        value: notAfter / 1_000,
      })),
  },
  {
    name: 'sallyport_ocsp_staple_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'Until when the OCSP response that a host staples counts, in Unix time',
    samples: (_workers, { certificates }) =>
      certificates.flatMap(({ host, stapleUntil }) =>
        stapleUntil === undefined ? [] : [{ labels: { host }, value: stapleUntil / 1_000 }],
      ),
  },
  {
    name: 'sallyport_acme_attempts_total',
    type: 'counter',
    help: 'Certificates that were asked for by ACME, by outcome',
    samples: (_workers, { acmeAttempts }) =>
      Object.entries(acmeAttempts).map(([outcome, value]) => ({ labels: { outcome }, value })),
  },
  {
    name: 'sallyport_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes: full, resumed, or failed and why',
    samples: (workers) =>
      workers.flatMap(({ handshakes }) =>
        handshakes.map(({ outcome, reason, count }) => ({
          labels: { outcome, reason },
          value: count,
        })),
      ),
  },
  {
    name: 'sallyport_decisions_total',
    type: 'counter',
    help: 'Decisions that proxies asked for: allowed, refused, or a call that made no sense',
    samples: (workers) =>
      workers.flatMap(({ decisions }) =>
        decisions.map(({ caller, outcome, count }) => ({
          labels: { caller, outcome },
          value: count,
        })),
      ),
  },
  {
    name: 'sallyport_tokens_total',
    type: 'counter',
    help: 'Access tokens: found in memory, verified, or failed',
    samples: (workers) =>
      workers.flatMap(({ tokens }) =>
        (['found', 'verified', 'failed'] as const).map((outcome) => ({
          labels: { outcome },
          value: tokens[outcome],
        })),
      ),
  },
  {
    name: 'sallyport_tokens_remembered',
    type: 'gauge',
    help: 'Verified access tokens in memory',
    samples: (workers) => workers.map(({ tokens }) => ({ labels: {}, value: tokens.remembered })),
  },
  {
    name: 'sallyport_upstream_requests_total',
    type: 'counter',
    help: 'Requests sent to each target of each upstream',
    samples: targetSamples('requests'),
  },
  {
    name: 'sallyport_upstream_failures_total',
    type: 'counter',
    help: 'Requests that each target did not answer',
    samples: targetSamples('failures'),
  },
  {
    name: 'sallyport_upstream_connections',
    type: 'gauge',
    help: 'Open connections to each target',
    samples: targetSamples('connections'),
  },
  {
    name: 'sallyport_upstream_available',
    type: 'gauge',
    help: 'Workers that would send a request to the target now',
    samples: (workers) =>
      workers.flatMap(({ upstreams }) =>
        upstreams.flatMap(({ name, targets }) =>
          targets.map(({ url, isAvailable }) => ({
            labels: { upstream: name, target: url },
            value: isAvailable ? 1 : 0,
          })),
        ),
      ),
  },
  {
    name: 'sallyport_break_glass',
    type: 'gauge',
    help: 'Stages that somebody made laxer for a while, on this host: always worth an alert',
    samples: (_workers, { openGlass }) =>
      openGlass.length === 0
        ? one(0)
        : openGlass.map(({ route, stage, mode }) => ({ labels: { route, stage, mode }, value: 1 })),
  },
  {
    name: 'sallyport_access_log_dropped_total',
    type: 'counter',
    help: 'Lines that the access log did not take in time',
    samples: (workers) => workers.map((worker) => ({ labels: {}, value: worker.logLinesDropped })),
  },
  {
    name: 'sallyport_records_dropped_total',
    type: 'counter',
    help: 'Decisions and handshakes too many to be reported',
    samples: (workers) => workers.map((worker) => ({ labels: {}, value: worker.recordsDropped })),
  },
  {
    name: 'sallyport_feed_connected',
    type: 'gauge',
    help: 'Whether the feed of the authority is open',
    samples: (_, facts) => one(facts.feedConnected ? 1 : 0),
  },
  {
    name: 'sallyport_feed_age_seconds',
    type: 'gauge',
    help: 'Since the authority was last heard',
    samples: (_, { feedAgeSeconds }) => (feedAgeSeconds === undefined ? [] : one(feedAgeSeconds)),
  },
  {
    name: 'sallyport_feed_sequence',
    type: 'gauge',
    help: 'Number of the last change that is in force',
    samples: (_, facts) => one(facts.feedSequence),
  },
  {
    name: 'sallyport_feed_refused_total',
    type: 'counter',
    help: 'Times that something came over the feed which was not believed: always worth an alert',
    samples: (_, facts) => one(facts.feedRefused),
  },
  {
    name: 'sallyport_feed_change_age_seconds',
    type: 'histogram',
    help: 'How old each change was when it was in force in every worker',
    samples: (_, { changeAges }) => histogramSamples(changeAges),
  },
  {
    name: 'sallyport_status_level',
    type: 'gauge',
    help: 'How far the knowledge of device status has aged: 1 for the level that it is at',
    samples: (_, facts) =>
      staleLevels.map((level) => ({
        labels: { level },
        value: facts.staleLevel === level ? 1 : 0,
      })),
  },
  {
    name: 'sallyport_status_entries',
    type: 'gauge',
    help: 'Certificates and devices that are not active, what ends tokens, issuers that are believed, certificates known as issued, and what is kept of another epoch',
    samples: (_, { entries }) =>
      Object.entries(entries).map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'sallyport_workers',
    type: 'gauge',
    help: 'Worker threads that are ready',
    samples: (_, facts) => one(facts.workers),
  },
  {
    name: 'sallyport_worker_restarts_total',
    type: 'counter',
    help: 'Worker threads that broke and were replaced',
    samples: (_, facts) => one(facts.workerRestarts),
  },
  {
    name: 'sallyport_reloads_total',
    type: 'counter',
    help: 'Configurations that were taken over, or refused',
    samples: (_, { reloads }) => [
      { labels: { outcome: 'done' }, value: reloads.done },
      { labels: { outcome: 'failed' }, value: reloads.failed },
    ],
  },
  {
    name: 'sallyport_reload_failed',
    type: 'gauge',
    help: 'Whether the last configuration was refused, and an older one is in force',
    samples: (_, { reloads }) => one(reloads.lastFailed ? 1 : 0),
  },
  {
    name: 'sallyport_insecure',
    type: 'gauge',
    help: 'Dangerous switches: 1 where one is on',
    samples: (_, { insecure }) =>
      Object.entries(insecure).map(([name, isOn]) => ({ labels: { name }, value: isOn ? 1 : 0 })),
  },
  {
    name: 'sallyport_build_info',
    type: 'gauge',
    help: 'The version that runs',
    samples: (_, { version }) => [{ labels: { version, role: 'gateway' }, value: 1 }],
  },
]

function targetSamples(member: 'requests' | 'failures' | 'connections'): Metric['samples'] {
  return (workers) =>
    workers.flatMap(({ upstreams }) =>
      upstreams.flatMap(({ name, targets }) =>
        targets.map((target) => ({
          labels: { upstream: name, target: target.url },
          value: target[member],
        })),
      ),
    )
}

function histogramSamples({ counts, sum }: WorkerMetrics['durations']): Sample[] {
  let total = 0
  const buckets = [...counts].map((count, index): Sample => {
    total += count
    const bound = durationBounds[index]
    return {
      suffix: '_bucket',
      labels: { le: bound === undefined ? '+Inf' : String(bound) },
      value: total,
    }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels: {}, value: sum },
    { suffix: '_count', labels: {}, value: total },
  ]
}
