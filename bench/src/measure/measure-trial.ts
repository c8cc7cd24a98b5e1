import { setTimeout as delay } from 'node:timers/promises'
import type { LoadClient } from '../load/load-client.ts'
import type { RunningPeer } from '../peers/peer.ts'
import type { Site } from '../site/site.ts'
import { cpuMicroseconds } from './cpu-time.ts'
import type { Trial, TrialSettings } from './trials.ts'

/** What a server still does for a load after its last answer: log lines, closing connections. */
const settleMs = 150

export type TrialOutcome = {
  /** CPU time of the gateway, per request or connection. */
  readonly cpuMicroseconds: number
  readonly p99Ms: number
}

/** One trial of one gateway. Connections are opened, and their handshakes done, before the clock starts. */
export async function measureTrial(
  trial: Trial,
  peer: RunningPeer,
  site: Site,
  client: LoadClient,
  settings: TrialSettings,
): Promise<TrialOutcome> {
  const count = trial.count(settings)
  const target = { port: peer.port, site }
  const load = await client.open(trial.load, target, trial.concurrency(settings))
  try {
    await delay(settleMs)
    const before = cpuMicroseconds(peer.processId)
    const { p99Ms } = await load.run(count)
    await delay(settleMs)
    return { cpuMicroseconds: (cpuMicroseconds(peer.processId) - before) / count, p99Ms }
  } finally {
    await load.close()
  }
}
