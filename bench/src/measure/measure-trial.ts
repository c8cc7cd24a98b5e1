import { setTimeout as delay } from 'node:timers/promises'
import type { LoadTarget } from '../load/load.ts'
import type { LoadClient } from '../load/load-client.ts'
import type { LoadKind } from '../load/loads.ts'
import { cpuMicroseconds } from './cpu-time.ts'

/** What a server still does for a load after its last answer: log lines, closing connections. */
const settleMs = 150

export type TrialOutcome = {
  /** CPU time of the gateway, per request or connection. */
  readonly cpuMicroseconds: number
  readonly p99Ms: number
}

/**
 * One load of one gateway. Connections are opened, and their handshakes done, before the clock starts.
 *
 * @param processIds the roots of the processes that are the gateway
 * @throws Error an answer was not as it should be
 */
export async function measureTrial(
  client: LoadClient,
  target: LoadTarget,
  processIds: readonly number[],
  { load: kind, count, concurrency }: { load: LoadKind; count: number; concurrency: number },
): Promise<TrialOutcome> {
  const load = await client.open(kind, target, concurrency)
  await delay(settleMs)
  const before = cpuOf(processIds)
  const { p99Ms } = await load.run(count)
  await delay(settleMs)
  const used = cpuOf(processIds) - before
  await load.close()
  return { cpuMicroseconds: used / count, p99Ms }
}

function cpuOf(processIds: readonly number[]): number {
  return processIds.reduce((sum, id) => sum + cpuMicroseconds(id), 0)
}
