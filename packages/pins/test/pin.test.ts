import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { pinOf } from '../src/index.ts'

// The key pair of RFC 8410 §10.1, whose SubjectPublicKeyInfo is printed there.
const rfc8410 = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE='

test('hashes the SubjectPublicKeyInfo', () => {
  const key = createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(rfc8410, 'base64') })
  const expected = createHash('sha256').update(Buffer.from(rfc8410, 'base64')).digest('base64')
  assert.equal(pinOf(key), expected)
})

test('a pin has 44 characters, whatever the key', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  assert.match(pinOf(publicKey), /^[A-Za-z0-9+/]{43}=$/)
})
