import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBase64url, toBase32, toBase64url } from '../src/index.ts'

test('base64url agrees with the platform for every byte string', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64url(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.deepEqual(fromBase64url(text), bytes)
    }),
  )
})

test('every byte string has exactly one accepted form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
      const bytes = fromBase64url(text)
      if (bytes !== undefined) assert.equal(toBase64url(bytes), text)
    }),
    { numRuns: 2_000 },
  )
})

for (const [what, text] of [
  ['padding', 'AA=='],
  ['white space', 'AA A'],
  ['the other alphabet', '+/+/'],
  ['left over bits', 'AB'],
  ['an impossible length', 'A'],
  ['a letter beyond ASCII', 'AAé'],
] as const) {
  test(`base64url with ${what} is refused`, () => assert.equal(fromBase64url(text), undefined))
}

// RFC 4648 §10, in lower case and without padding.
for (const [text, encoded] of [
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
] as const) {
  test(`base32 of "${text}" is that of RFC 4648`, () =>
    assert.equal(toBase32(new TextEncoder().encode(text)), encoded))
}
