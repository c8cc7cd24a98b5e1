import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import fc from 'fast-check'
import { makeChallenge, openChallenge, refuseExpired } from '../../src/enrollment/challenge.ts'

const key = randomBytes(32)
const scope = { appId: 'wallet', purpose: 'enroll' } as const
const now = 1_800_000_000_000

const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    assert.ok(isProblem(error), String(error))
    return error.code
  }
  return 'none'
}

test('a challenge opens in its scope, until it expires', () => {
  const challenge = makeChallenge(key, scope, now)
  const opened = openChallenge(key, scope, challenge.text)
  assert.equal(challenge.bytes.length, 32)
  assert.deepEqual(Buffer.from(opened.bytes), Buffer.from(challenge.bytes))
  assert.equal(
    codeOf(() => refuseExpired(opened, now + 299_000)),
    'none',
  )
  assert.equal(
    codeOf(() => refuseExpired(opened, now + 300_000)),
    'challenge_expired',
  )
})

test('a challenge with any bit changed is forged', () => {
  const { bytes } = makeChallenge(key, scope, now)
  fc.assert(
    fc.property(fc.nat(255), (bit) => {
      const bent = Buffer.from(bytes)
      bent[bit >> 3] = Number(bent[bit >> 3]) ^ (1 << (bit & 7))
      assert.equal(
        codeOf(() => openChallenge(key, scope, toBase64url(bent))),
        'challenge_forged',
      )
    }),
  )
})

test('any text from outside is refused with a code', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (text) => {
      const code = codeOf(() => openChallenge(key, scope, text))
      assert.ok(code === 'challenge_malformed' || code === 'challenge_forged', code)
    }),
  )
})

test('app and purpose cannot be shifted into each other', () => {
  const { text } = makeChallenge(key, { appId: 'a', purpose: 'enroll' }, now)
  assert.equal(
    codeOf(() => openChallenge(key, { appId: 'enroll-a', purpose: 'renew' }, text)),
    'challenge_forged',
  )
})
