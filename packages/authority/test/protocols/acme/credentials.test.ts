import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { credentialKeyText, newCredentialId } from '../../../src/protocols/acme/credentials.ts'

test('no key of a credential reads as an option of a command', () => {
  const challengeKey = randomBytes(32)
  // One in 64 would.
  for (let made = 0; made < 1_000; made++) {
    const key = credentialKeyText(challengeKey, newCredentialId(challengeKey))
    assert.match(key, /^[A-Za-z0-9_][A-Za-z0-9_-]{42}$/)
  }
})
