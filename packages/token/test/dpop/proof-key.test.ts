import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProofKey } from '../../src/dpop/proof-key.ts'
import { normalTargetUri } from '../../src/binding.ts'

test('the example of RFC 7638 §3.1 has its thumbprint, whatever else stands in the key', () => {
  const key = readProofKey({
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  })
  assert(typeof key === 'object')
  assert.equal(key.thumbprint, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})

test('an RSA key that is short, long, or slow to use is refused', () => {
  const rsa = (bytes: number, e = 'AQAB') => ({
    kty: 'RSA',
    n: Buffer.alloc(bytes, 0xff).toString('base64url'),
    e,
  })
  assert.equal(typeof readProofKey(rsa(256)), 'object')
  for (const jwk of [rsa(128), rsa(1_024), rsa(256, 'AQABAQAB'), rsa(256, 'AQAB='), rsa(256, '')]) {
    assert.equal(typeof readProofKey(jwk), 'string')
  }
})

test('a coordinate has one form alone: the same key cannot have two thumbprints', () => {
  const x = 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs'
  const y = '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA'
  const key = { kty: 'EC', crv: 'P-256', x, y }
  assert.equal(typeof readProofKey(key), 'object')
  const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(x, 'base64url')]).toString('base64url')
  // The last character of 32 bytes has two bits that say nothing.
  for (const other of [`${x}=`, padded, `${x.slice(0, -1)}t`, x.replaceAll('-', '+')]) {
    assert.equal(typeof readProofKey({ ...key, x: other }), 'string', other)
  }
})

test('what is no URI of https or http has no normal form', () => {
  for (const text of [
    '',
    'x',
    '/x',
    'ftp://a/b',
    'https://',
    'https://a b/',
    'https://a/\\b',
    'https://u@a/',
    'https://a/\tb',
    `https://a/${'b'.repeat(9_000)}`,
    'javascript:alert(1)',
    'https://a/é',
  ]) {
    assert.equal(normalTargetUri(text), undefined, text.slice(0, 40))
  }
})
