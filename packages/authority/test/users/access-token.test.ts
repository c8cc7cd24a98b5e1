import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { readAccessToken } from '../../src/users/access-token.ts'

const read = (...values: string[]) => {
  const rawHeaders = ['Host', 'a', ...values.flatMap((value) => ['AUTHORIZATION', value])]
  try {
    return readAccessToken({ rawHeaders } as IncomingMessage)
  } catch (error) {
    assert.ok(isProblem(error), String(error))
    return { code: error.code, said: `${error.message} ${error.expected} ${error.found}` }
  }
}

test('the token stands after the scheme, whatever its case', () => {
  assert.equal(read(), undefined)
  assert.equal(read('Bearer a.b-c_d~e+f/g=='), 'a.b-c_d~e+f/g==')
  assert.equal(read('bearer   abc'), 'abc')
})

test('anything but one Bearer token is refused, and not repeated in the words for it', () => {
  const hostile = [
    ['Basic c2VjcmV0'],
    ['Bearer'],
    ['Bearer '],
    ['Bearer sec ret'],
    ['Bearer secret, Bearer secret'],
    ['secret'],
    ['Bearer secret', 'Bearer secret'],
    ['Bearer secret', 'Basic secret'],
    [''],
  ]
  for (const values of hostile) {
    const answer = read(...values)
    assert.ok(typeof answer === 'object', JSON.stringify(values))
    assert.equal(answer.code, 'token_header_invalid')
    assert.doesNotMatch(answer.said, /secret|c2Vj/)
  }
})

test('no header makes it throw anything but a refusal', () => {
  fc.assert(fc.property(fc.array(fc.string(), { maxLength: 4 }), (values) => void read(...values)))
})
