import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lastStart } from '../../src/strings/last-start.ts'

test('the last that begins at or before a place is the one that a look at each of them finds', () => {
  const ascending = fc
    .array(fc.nat(200), { minLength: 1 })
    .map((starts) => starts.toSorted((left, right) => left - right))
  fc.assert(
    fc.property(ascending, fc.nat(220), (starts, at) => {
      const expected = Math.max(
        0,
        starts.findLastIndex((start) => start <= at),
      )
      assert.equal(
        lastStart(starts.length, (index) => starts[index] as number, at),
        expected,
      )
    }),
  )
})

test('without a string it is the first', () => {
  assert.equal(
    lastStart(0, () => Number.NaN, 5),
    0,
  )
})
