import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FeedFreshness, FeedOutOfStep } from '../../src/feed/feed-freshness.ts'

/** A gateway's monotonic clock, set by hand. */
function setUp() {
  let here = 1_000
  const freshness = new FeedFreshness(() => here)
  return { freshness, pass: (ms: number) => (here += ms) }
}

test('what keeps step with the time that passes here is fresh, whatever the clocks say', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.array(fc.nat(20_000)), (at, steps) => {
      const { freshness, pass } = setUp()
      freshness.greeted(at)
      let told = at
      for (const step of steps) {
        pass(step)
        told += step
        assert.equal(freshness.lateness(told), 0)
      }
    }),
  )
})

test('what is withheld is late by as long, and begins the stream anew when it is too late', () => {
  const { freshness, pass } = setUp()
  freshness.greeted(5_000)
  pass(10_000)
  assert.equal(freshness.lateness(5_000), 10_000)
  assert.equal(freshness.lateness(12_000), 3_000)
  pass(25_000)
  assert.throws(() => freshness.lateness(6_000), FeedOutOfStep)
})

test('a clock that was set in between begins the stream anew, in either direction', () => {
  for (const step of [-3_600_000, 3_600_000]) {
    const { freshness, pass } = setUp()
    freshness.greeted(10_000_000)
    pass(5_000)
    assert.throws(() => freshness.lateness(10_005_000 + step), FeedOutOfStep)
  }
})
