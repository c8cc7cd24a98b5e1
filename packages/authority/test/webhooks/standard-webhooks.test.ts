import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffMs, giveUpAfterMs, retryAfterMs } from '../../src/webhooks/backoff.ts'
import { readSigningKey, signMessage } from '../../src/webhooks/standard-webhooks.ts'

test('a message is signed as the libraries of Standard Webhooks verify it', () => {
  // The vector that those libraries have in common.
  const key = readSigningKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') ?? assert.fail()
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' }
  assert.deepEqual(signMessage(message, [key], 1_614_265_330_999), {
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('openssl works out the same, with each of two keys', () => {
  const keys = [Buffer.alloc(24, 7), Buffer.alloc(64, 9)]
  const message = { id: 'msg_ü', body: '{"a":"€"}' }
  const { 'webhook-signature': signed } = signMessage(message, keys, 1_000)
  const expected = keys.map((key) => {
    const hexkey = `hexkey:${key.toString('hex')}`
    const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', hexkey, '-binary']
    const digest = execFileSync('openssl', args, { input: `${message.id}.1.${message.body}` })
    return `v1,${digest.toString('base64')}`
  })
  assert.equal(signed, expected.join(' '))
})

for (const [what, text] of [
  ['nothing', ''],
  ['no prefix', Buffer.alloc(32).toString('base64')],
  ['too few bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ['too many bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ['another alphabet', `whsec_${'*'.repeat(44)}`],
  ['something behind it', `whsec_${Buffer.alloc(32).toString('base64')} x`],
] as const) {
  test(`a key is none with ${what}`, () => assert.equal(readSigningKey(text), undefined))
}

test('a key is taken with its padding and without', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
  const text = `whsec_${key.toString('base64')}`
  assert.deepEqual(readSigningKey(text), key)
  assert.deepEqual(readSigningKey(text.replace(/=+$/, '')), key)
})

test('attempts are spread over three days, and begin within seconds', () => {
  const waits = Array.from({ length: 40 }, (_, index) => backoffMs(index + 1, undefined, 0.5))
  assert.equal(waits[0], 5_000)
  let passed = 0
  const attempts = waits.findIndex((wait) => (passed += wait) >= giveUpAfterMs)
  assert.ok(attempts >= 15 && attempts <= 25, String(attempts))
})

test('a wait is no shorter than what the receiver asks for, and never longer than a day for that', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, asked, random) => {
        const wait = backoffMs(failures, asked, random)
        assert.ok(wait >= Math.min(asked, 86_400_000) && wait >= 4_500)
        assert.ok(wait <= 86_400_000 && Number.isSafeInteger(wait))
      },
    ),
  )
})

test('a Retry-After is seconds or a date, and anything else is none', () => {
  const now = Date.UTC(2026, 10, 22)
  assert.equal(retryAfterMs('120', now), 120_000)
  assert.equal(retryAfterMs(new Date(now + 60_000).toUTCString(), now), 60_000)
  assert.equal(retryAfterMs(new Date(now - 60_000).toUTCString(), now), 0)
  for (const text of [undefined, '', '-1', '1.5', '2026-11-22', 'soon', 'x'.repeat(100)]) {
    assert.equal(retryAfterMs(text, now), undefined, String(text))
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = retryAfterMs(text, now)
      assert.ok(found === undefined || found >= 0)
    }),
  )
})
