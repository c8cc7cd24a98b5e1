import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertionField } from '../src/index.ts'

test('the assertion travels in a field of our own', () => {
  assert.equal(assertionField, 'Sallyport-Assertion')
})
