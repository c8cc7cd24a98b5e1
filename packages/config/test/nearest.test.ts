import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../src/nearest.ts'

test('a swapped pair of letters is one mistake', () => {
  assert.equal(nearest('wrokers', ['hosts', 'workers']), 'workers')
})

test('a word that resembles nothing has no neighbour', () => {
  assert.equal(nearest('zebra', ['hosts', 'workers']), undefined)
})

test('case does not count', () => {
  assert.equal(nearest('trustdomain', ['trustDomain']), 'trustDomain')
})
