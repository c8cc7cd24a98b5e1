import type { SharedAddresses } from '../addresses/shared-addresses.ts'
import { counterMetrics } from '../counters/counters-for.ts'
import type { LocalCounters } from '../counters/local-counters.ts'
import type { DecisionDoor } from '../decisions/decision-door.ts'
import type { LineBatch } from '../log/line-batch.ts'
import type { Histogram } from '../metrics/histogram.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { FrontDoor } from './front-door.ts'
import type { Generation } from './generation.ts'
import type { Host } from './host.ts'
import type { RecordSender } from './record-sender.ts'

export type MetricSources = {
  /** The one in force. */
  readonly generation: Generation
  readonly connections: ConnectionSet
  readonly counters: LocalCounters
  readonly addresses: SharedAddresses
  readonly durations: Histogram
  readonly frontDoor: FrontDoor
  readonly decisionDoor: DecisionDoor
  readonly lines: LineBatch
  readonly records: RecordSender
}

/** What a worker has counted up to now. */
export function collectMetrics(sources: MetricSources): WorkerMetrics {
  const { generation, counters, durations, frontDoor, decisionDoor, lines, records } = sources
  const { hosts, upstreams, services } = generation
  return {
    requests: [...hosts.values()].flatMap(requestRows).filter(({ count }) => count > 0),
    durations: { counts: durations.counts, sum: durations.sum },
    connections: connectionCounts(sources.connections),
    accepted: frontDoor.accepted,
    turnedAway: frontDoor.turnedAway,
    handshakes: frontDoor.counts(),
    tokens: { ...services.tokens.counts, remembered: services.tokens.remembered },
    limits: services.limitCounts.rows(),
    counters: counterMetrics(services.counters, counters),
    blocks: sources.addresses.raised(),
    logLinesDropped: lines.dropped,
    decisions: decisionDoor.counts(),
    recordsDropped: records.dropped,
    upstreams: [...upstreams.values()].map(({ upstream }) => upstream.snapshot()),
  }
}

/** Of every route, and of what never came to one. */
function requestRows({ plan, counters, routeList }: Host): WorkerMetrics['requests'] {
  const routes = routeList.map((route) => ({ name: route.plan.name, counters: route.counters }))
  return [{ name: '', counters }, ...routes].flatMap((route) =>
    route.counters.rows().map((row) => ({ host: plan.name, route: route.name, ...row })),
  )
}

function connectionCounts({ open, pending }: ConnectionSet): WorkerMetrics['connections'] {
  const counts = { http1: 0, http2: 0, webSocket: 0, handshake: pending.size }
  for (const { kind } of open) counts[kind]++
  return counts
}
