import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCredential } from '../src/tokens/read-credentials.ts'

test('a field that could not be sent on brings no token, whatever is around the token', () => {
  for (const around of ['\r\n', '\n', '\v', '\f', '\0', '\u2028', '\ufeff']) {
    const found = readCredential(`Bearer abc.def${around}`)
    assert.ok(found !== undefined && 'code' in found, JSON.stringify(around))
    assert.equal(found.code, 'token_header_invalid')
  }
})

test('spaces and tabs around a token are none of it', () => {
  assert.deepEqual(readCredential('bearer \t abc.def \t'), { scheme: 'Bearer', token: 'abc.def' })
})
