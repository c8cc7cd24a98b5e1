import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, medianRatio, percentile } from '../../src/report/statistics.ts'

test('the median of an odd number of values is the middle one, in whatever order they came', () => {
  assert.equal(median([9, 1, 5]), 5)
})

test('the median of an even number of values lies between the two in the middle', () => {
  assert.equal(median([4, 1, 3, 100]), 3.5)
})

test('there is no median of nothing', () => {
  assert.throws(() => median([]), TypeError)
})

test('a percentile is the smallest value that covers its share', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  assert.equal(percentile(values, 0.99), 198)
  assert.equal(percentile(values, 0.5), 100)
  assert.equal(percentile(values, 1), 200)
  assert.equal(percentile([7], 0.01), 7)
})

test('a percentile outside its range, or of nothing, is an error of the caller', () => {
  assert.throws(() => percentile([1], 0), TypeError)
  assert.throws(() => percentile([1], 99), TypeError)
  assert.throws(() => percentile([], 0.5), TypeError)
})

test('a ratio compares round with round, so that one slow round of the machine does not count', () => {
  assert.equal(medianRatio([20, 60, 22], [10, 30, 11]), 2)
})

test('rounds that were not measured together cannot be compared', () => {
  assert.throws(() => medianRatio([1, 2], [1]), TypeError)
})
