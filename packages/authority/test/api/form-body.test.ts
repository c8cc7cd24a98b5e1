import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { readForm } from '../../src/api/oauth/form-body.ts'

test('a form is an object of texts, without a prototype and without what has no value', () => {
  const form = readForm('a=1&b=%2B+%26&__proto__=x&empty=')
  assert.deepEqual({ ...form }, JSON.parse('{"a":"1","b":"+ &","__proto__":"x"}'))
  assert.equal(Object.getPrototypeOf(form), null)
  assert.equal(Object.getPrototypeOf({}), Object.prototype)
})

test('a parameter that is there twice, and more than twenty, are refused', () => {
  const many = Array.from({ length: 21 }, (_, at) => `p${at}=1`).join('&')
  for (const text of ['a=1&a=1', 'a=1&b=2&%61=3', many]) {
    assert.throws(() => readForm(text), { code: 'message_malformed' }, text)
  }
})

test('whatever comes is read or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a=&%2+_') })),
      (text) => {
        try {
          const form = readForm(text)
          assert(Object.keys(form).length <= 20)
          assert(Object.values(form).every((value) => typeof value === 'string' && value !== ''))
        } catch (error) {
          if (!isProblem(error)) throw error
        }
      },
    ),
  )
})
