import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { CounterMemory } from '../../src/counters/counter-memory.ts'
import type { Claim, Limit, RateLimit } from '../../src/counters/counters.ts'
import { keyMaker } from '../../src/counters/counter-key.ts'
import { LocalCounters } from '../../src/counters/local-counters.ts'
import { createSharedTable, SharedTable } from '../../src/counters/shared-table.ts'
import type { Task } from './counting-thread.ts'

const sizes = {
  provenKeys: 4_096,
  claimedKeys: 4_096,
  replayKeys: 4_096,
  knownKeys: 1_024,
  openKeys: 1_024,
}
const perHour = (limit: number, burst = limit): RateLimit => ({
  kind: 'rate',
  intervalNs: Math.ceil(3.6e12 / limit),
  toleranceNs: Math.ceil(3.6e12 / limit) * burst,
})

/** How much threads that count at the same time were admitted, together. */
async function count(
  task: Omit<Task, 'seat' | 'start' | 'threads'>,
  memory = new CounterMemory(sizes, 4),
  threads = 4,
): Promise<number> {
  const start = new SharedArrayBuffer(4)
  const admitted = await Promise.all(
    Array.from({ length: threads }, (_, index) => {
      const workerData: Task = { ...task, threads, start, seat: memory.seat(index) }
      const worker = new Worker(new URL('./counting-thread.js', import.meta.url), { workerData })
      return new Promise<number>((resolve, reject) => {
        worker.on('message', resolve)
        worker.on('error', reject)
      })
    }),
  )
  return admitted.reduce((sum, one) => sum + one, 0)
}

test('what may come once comes once, over all threads', async () => {
  assert.equal(await count({ rounds: 6_000, keys: 2_000 }), 2_000)
})

test('threads that add the same key at once add it once', async () => {
  for (let round = 0; round < 5; round++) {
    assert.equal(await count({ rounds: 50, keys: 50 }), 50)
  }
})

test('a limit admits exactly what GCRA allows, over all threads', async () => {
  const limit = perHour(3, 5_000)
  assert.equal(await count({ rounds: 20_000, keys: 1, limit }), 5_000)
  assert.equal(await count({ rounds: 30_000, keys: 10, limit: perHour(1, 700) }), 7_000)
})

test('no thread loses what another gives back', async () => {
  const memory = new CounterMemory(sizes, 4)
  const limit = { kind: 'concurrency', maximum: 4 } as const
  assert.equal(await count({ rounds: 20_000, keys: 3, limit, givesBack: true }, memory), 80_000)
  const counters = new LocalCounters(memory.seat(0))
  const claim: Claim = { limit, key: counters.keyOf(['rule', 'key 0']), isProven: true, cost: 1 }
  assert.equal(counters.take([claim]).standings[0]?.before, 0)
})

test('what a dead worker had open is not open any more, and what others have is', () => {
  const memory = new CounterMemory(sizes, 2)
  const [one, other] = [0, 1].map((worker) => new LocalCounters(memory.seat(worker)))
  assert(one !== undefined && other !== undefined)
  const limit: Limit = { kind: 'concurrency', maximum: 3 }
  const claim: Claim = { limit, key: one.keyOf(['rule', 'dev_1']), isProven: true, cost: 1 }
  const enter = (counters: LocalCounters) => counters.take([claim]).refused < 0
  assert.deepEqual([enter(one), enter(one), enter(other), enter(other)], [true, true, true, false])
  memory.gone(0)
  const restarted = new LocalCounters(memory.seat(0))
  assert.deepEqual([enter(restarted), enter(restarted), enter(restarted)], [true, true, false])
})

test('a lock that a thread held when it ended does not outlive it', () => {
  const buffer = createSharedTable(64)
  const key = keyMaker(Buffer.alloc(16)).ofParts(['rule', 'dev_1'])
  const dead = new SharedTable(buffer, 2)
  dead.lock(key, 1)
  const alive = new SharedTable(buffer, 3)
  const before = performance.now()
  assert.throws(() => alive.lock(key, 1), { name: 'CountersUnavailable' })
  assert(performance.now() - before < 2_000)
  alive.release(2)
  alive.unlock(alive.lock(key, 1))
})

test('the first limit that refuses takes nothing from the others', () => {
  const counters = new LocalCounters(new CounterMemory(sizes, 1).seat(0))
  const claim = (name: string, burst: number): Claim => ({
    limit: perHour(1, burst),
    key: counters.keyOf([name, 'dev_1']),
    isProven: true,
    cost: 1,
  })
  const [wide, narrow] = [claim('wide', 10), claim('narrow', 1)]
  assert.equal(counters.take([wide, narrow]).refused, -1)
  for (let round = 0; round < 20; round++) assert.equal(counters.take([wide, narrow]).refused, 1)
  const left = Array.from({ length: 20 }, () => counters.take([wide]).refused)
  assert.equal(left.filter((refused) => refused < 0).length, 9)
})
