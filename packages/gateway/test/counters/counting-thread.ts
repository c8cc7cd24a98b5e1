// A thread that counts: many of them at the same keys show whether what is shared is exact.
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { CounterSeat } from '../../src/counters/counter-memory.ts'
import type { Claim, Limit } from '../../src/counters/counters.ts'
import { LocalCounters } from '../../src/counters/local-counters.ts'

export type Task = {
  readonly seat: CounterSeat
  readonly start: SharedArrayBuffer
  /** How many threads there are. */
  readonly threads: number
  readonly rounds: number
  readonly keys: number
  readonly limit?: Exclude<Limit, { kind: 'window' }>
  /** Whether everything admitted is given back at once. */
  readonly givesBack?: boolean
}

const task = workerData as Task
const counters = new LocalCounters(task.seat)
const started = new Int32Array(task.start)
const digest = (text: string) => createHash('sha256').update(text).digest()

// All begin at the same moment, or there is nothing to see.
Atomics.add(started, 0, 1)
Atomics.notify(started, 0)
for (;;) {
  const seen = Atomics.load(started, 0)
  if (seen >= task.threads) break
  Atomics.wait(started, 0, seen)
}

let admitted = 0
const until = Date.now() + 3_600_000
for (let round = 0; round < task.rounds; round++) {
  const name = `key ${round % task.keys}`
  if (task.limit === undefined) {
    if (counters.once(digest(name), until)) admitted++
    continue
  }
  const claim: Claim = {
    limit: task.limit,
    key: counters.keyOf(['rule', name]),
    isProven: true,
    cost: 1,
  }
  const { standings, refused } = counters.take([claim])
  if (refused >= 0) continue
  admitted++
  const [standing] = standings
  if (task.givesBack === true && standing !== undefined) counters.giveBack(claim, standing)
}
parentPort?.postMessage(admitted)
