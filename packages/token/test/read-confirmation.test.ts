import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { readConfirmation } from '../src/read-confirmation.ts'

const digest = createHash('sha256').update('certificate').digest()
const thumbprint = digest.toString('base64url')
const hex = digest.toString('hex')

function codeOf(cnf: unknown): string {
  try {
    readConfirmation(cnf)
    return 'none'
  } catch (error) {
    if (isProblem(error)) return error.code
    throw error
  }
}

test('what a token is bound to: a certificate, a key, both, or nothing', () => {
  assert.deepEqual(readConfirmation(undefined), {})
  assert.deepEqual(readConfirmation({ 'x5t#S256': thumbprint }), { x5tS256: thumbprint })
  assert.deepEqual(readConfirmation({ jkt: thumbprint }), { jkt: thumbprint })
  assert.deepEqual(readConfirmation({ 'x5t#S256': thumbprint, jkt: thumbprint }), {
    x5tS256: thumbprint,
    jkt: thumbprint,
  })
})

test('a method of confirmation that nobody here checks is refused, beside a known one too', () => {
  for (const method of [
    'jwk',
    'kid',
    'jku',
    'jwe',
    'x5t',
    'x5t#S512',
    'constructor',
    '__proto__',
  ]) {
    const cnf: unknown = JSON.parse(`{"${method}": "x", "jkt": "${thumbprint}"}`)
    assert.equal(codeOf(cnf), 'token_confirmation_unknown', method)
  }
})

test('a thumbprint in hexadecimal is named as such, in each form of the field', () => {
  for (const written of [
    hex,
    hex.toUpperCase(),
    hex.replace(/..(?!$)/g, '$&:'),
    Buffer.from(hex).toString('base64url'),
    Buffer.from(hex).toString('base64'),
  ]) {
    assert.equal(codeOf({ 'x5t#S256': written }), 'token_confirmation_hex', written)
    assert.equal(codeOf({ jkt: written }), 'token_confirmation_hex', written)
  }
})

test('what is no thumbprint is refused', () => {
  const values: unknown[] = [
    '',
    'x',
    `${thumbprint}=`,
    thumbprint.slice(1),
    `${thumbprint.slice(0, -1)}${thumbprint.endsWith('A') ? 'B' : 'A'}_`,
    createHash('sha1').update('certificate').digest('base64url'),
    digest.toString('base64'),
    7,
    null,
    [thumbprint],
    'x'.repeat(10_000),
  ]
  for (const value of values) assert.equal(codeOf({ jkt: value }), 'token_claims_invalid')
  for (const cnf of [null, '', thumbprint, [], {}, 7, true]) {
    assert.equal(codeOf(cnf), 'token_claims_invalid', JSON.stringify(cnf))
  }
})
