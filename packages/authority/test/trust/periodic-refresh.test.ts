import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import pino from 'pino'
import { type Attempt, PeriodicRefresh } from '../../src/trust/periodic-refresh.ts'

const log = pino({ level: 'silent' })
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Counts attempts, each of which comes to the next of some outcomes, the last one again and again. */
function counting(...outcomes: Attempt['outcome'][]) {
  const counted = { attempts: 0 }
  const attempt = (): Promise<Attempt> => {
    const outcome = outcomes[Math.min(counted.attempts, outcomes.length - 1)] ?? 'held'
    counted.attempts++
    return Promise.resolve({ outcome })
  }
  return { counted, attempt }
}

const refreshes: PeriodicRefresh[] = []
afterEach(() => Promise.all(refreshes.splice(0).map((refresh) => refresh.close())))

function refreshing(attempt: () => Promise<Attempt>, intervalMs: number): PeriodicRefresh {
  const refresh = new PeriodicRefresh({ attempt, intervalMs: () => intervalMs, now: Date.now, log })
  refreshes.push(refresh)
  return refresh
}

test('it is attempted at once, and again and again until it is closed', {
  timeout: 30_000,
}, async () => {
  const { counted, attempt } = counting('held')
  const refresh = refreshing(attempt, 10)
  await refresh.run()
  assert.equal(counted.attempts, 1)
  while (counted.attempts < 4) await pause(5)
  await refresh.close()
  const { attempts } = counted
  await pause(50)
  assert.equal(counted.attempts, attempts)
  await refresh.run()
  assert.equal(counted.attempts, attempts)
})

test('after a failure it waits for the back-off, never longer than the interval', async () => {
  const { attempt } = counting('failed')
  const refresh = refreshing(attempt, 3_600_000)
  await refresh.run()
  const { heldAt, nextAt = 0, attemptedAt = 0 } = refresh.times
  assert.equal(heldAt, undefined)
  assert.ok(nextAt - attemptedAt < 40_000)
})

test('whoever asks while an attempt runs gets one that began after', async () => {
  let attempts = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const attempt = async (): Promise<Attempt> => {
    attempts++
    if (attempts === 1) await promise
    return { outcome: 'held' }
  }
  const refresh = refreshing(attempt, 3_600_000)
  const first = refresh.run()
  await pause(5)
  const later = [refresh.run(), refresh.run()]
  assert.equal(attempts, 1)
  resolve()
  await Promise.all([first, ...later])
  assert.equal(attempts, 2)
})

test('an attempt that throws is a failure, and not the last', {
  timeout: 30_000,
}, async () => {
  const counted = { attempts: 0 }
  const attempt = (): Promise<Attempt> => {
    counted.attempts++
    return Promise.reject(new Error('the store is closed'))
  }
  const refresh = refreshing(attempt, 10)
  await refresh.run()
  while (counted.attempts < 2) await pause(5)
})
