import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitAfterFailure } from '../../src/receipts/lane.ts'
import { paceOf } from '../../src/receipts/receipt-lane.ts'

const least = () => 0

test('each failure waits twice as long as the one before, up to an hour', () => {
  const waits = Array.from({ length: 10 }, (_, failures) =>
    waitAfterFailure(failures + 1, undefined, least),
  )
  assert.deepEqual(waits.slice(0, 4), [30_000, 60_000, 120_000, 240_000])
  assert.equal(waits.at(-1), 3_600_000)
})

test('what Apple asks for is waited, never less than would be anyway, never longer than a day', () => {
  assert.equal(waitAfterFailure(1, 600, least), 600_000)
  assert.equal(waitAfterFailure(4, 1, least), 240_000)
  assert.equal(waitAfterFailure(1, 999_999_999, least), 86_400_000)
})

test('those that wait for the same do not come back at once', () => {
  assert.equal(
    waitAfterFailure(1, 600, () => 0.5),
    660_000,
  )
})

test('a round has no more than the pace allows', () => {
  for (const requestsPerMinute of [1, 2, 5, 6, 7, 59, 60, 61, 300]) {
    const { roundMs, perRound } = paceOf(requestsPerMinute)
    assert.ok(perRound >= 1)
    assert.ok((perRound * 60_000) / roundMs <= requestsPerMinute, String(requestsPerMinute))
  }
})
