import { CounterMemory } from '../../src/counters/counter-memory.ts'
import { LocalCounters } from '../../src/counters/local-counters.ts'
import type { Log } from '../../src/log/log.ts'

const sizes = {
  provenKeys: 1_024,
  claimedKeys: 1_024,
  replayKeys: 1_024,
  knownKeys: 1_024,
  openKeys: 1_024,
}

/** Tables of one worker, as small as they may be. */
export const smallCounters = (): LocalCounters =>
  new LocalCounters(new CounterMemory(sizes, 1).seat(0))

const quiet = () => {}
export const quietLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
