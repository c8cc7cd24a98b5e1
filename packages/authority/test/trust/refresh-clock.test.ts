import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RefreshClock } from '../../src/trust/refresh-clock.ts'

const intervalMs = 3_600_000
const random = () => 0.5

test('an answer that states nothing is asked for again after the interval', () => {
  assert.equal(new RefreshClock().afterSuccess(undefined, { intervalMs, random }), intervalMs)
})

test('a stated age is waited for, within bounds', () => {
  const clock = new RefreshClock()
  assert.equal(clock.afterSuccess(0, { intervalMs, random }), intervalMs)
  assert.equal(clock.afterSuccess(7_200, { intervalMs, random }), 7_200_000)
  assert.equal(clock.afterSuccess(1e9, { intervalMs, random }), 4 * intervalMs)
})

test('failures wait twice as long each time, up to the interval, and an answer ends that', () => {
  const clock = new RefreshClock()
  const waits = Array.from({ length: 12 }, () => clock.afterFailure({ intervalMs, random }))
  assert.deepEqual(waits.slice(0, 4), [30_000, 60_000, 120_000, 240_000])
  assert.equal(waits.at(-1), intervalMs)
  clock.afterSuccess(undefined, { intervalMs, random })
  assert.equal(clock.afterFailure({ intervalMs, random }), 30_000)
})

test('authorities that were started together part, by a tenth to either side', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (drawn) => {
      const wait = new RefreshClock().afterSuccess(undefined, { intervalMs, random: () => drawn })
      assert.ok(wait >= 0.9 * intervalMs && wait <= 1.1 * intervalMs)
    }),
  )
})
