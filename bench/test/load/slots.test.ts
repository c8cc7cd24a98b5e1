import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slots } from '../../src/load/slots.ts'

test('no more begin than were asked for, and the run ends with the last of them', async () => {
  const slots = new Slots(2)
  assert.deepEqual([slots.take(), slots.take(), slots.take()], [true, true, false])
  const begunAt = performance.now() - 100
  slots.done(begunAt)
  slots.done(begunAt)
  const result = await slots.whole
  assert.equal(result.count, 2)
  assert.ok(result.p99Ms >= 100 && result.medianMs <= result.p99Ms)
})

test('one failure makes the whole run fail', async () => {
  const slots = new Slots(2)
  slots.done(0)
  slots.fail(new Error('closed'))
  await assert.rejects(slots.whole, /closed/)
})
