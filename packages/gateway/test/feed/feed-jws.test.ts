import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { feedJwsType } from '@sallyport/wire'
import { parseHeartbeat } from '../../src/control/feed-messages.ts'
import { FeedKeyUnknown, FeedUnverified, readFeedJws } from '../../src/feed/feed-jws.ts'
import { keyObjectOf, readFeedKeys } from '../../src/feed/feed-key.ts'
import { feedSigner } from '../support/feed-signer.ts'

const signer = feedSigner()
const keys = new Map([[signer.jwk.kid, keyObjectOf(signer.jwk)]])
const heartbeat = { type: 'heartbeat', epoch: 'epo_a', seq: 1, at: 2, keys: 1 } as const
const jws = signer.sign(heartbeat)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('what is signed with a pinned key is read', () => {
  assert.deepEqual(readFeedJws(jws, keys), heartbeat)
})

test('one character changed, at every place, is not believed', () => {
  let refused = 0
  for (let at = 0; at < jws.length; at++) {
    for (const other of ['A', 'B', '.', '=', 'é']) {
      if (jws[at] === other) continue
      const changed = jws.slice(0, at) + other + jws.slice(at + 1)
      try {
        // The last character has bits that no byte is made of: the same signature then.
        assert.deepEqual(readFeedJws(changed, keys), heartbeat)
        assert.equal(at, jws.length - 1)
      } catch (error) {
        assert(error instanceof FeedUnverified, String(error))
        refused++
      }
    }
  }
  assert(refused > jws.length * 3)
})

test('cut off at every place, it is not believed', () => {
  for (let at = 0; at < jws.length; at++) {
    assert.throws(() => readFeedJws(jws.slice(0, at), keys), FeedUnverified)
  }
})

const [header = '', payload = '', signature = ''] = jws.split('.')
const good = { alg: 'ES256', typ: feedJwsType, kid: signer.jwk.kid }
const publicBytes = Buffer.from(signer.jwk.x, 'base64url')

for (const [name, hostile] of [
  ['none', `${encode({ ...good, alg: 'none' })}.${payload}.`],
  ['none, with a signature', `${encode({ ...good, alg: 'none' })}.${payload}.${signature}`],
  [
    'HMAC under the public key',
    (() => {
      const input = `${encode({ ...good, alg: 'HS256' })}.${payload}`
      return `${input}.${createHmac('sha256', publicBytes).update(input).digest('base64url')}`
    })(),
  ],
  [
    'a key that it brings itself',
    `${encode({ ...good, jwk: signer.jwk })}.${payload}.${signature}`,
  ],
  [
    'a rule that it brings itself',
    `${encode({ ...good, crit: ['b64'], b64: false })}.${payload}.${signature}`,
  ],
  ['another type', `${encode({ ...good, typ: 'at+jwt' })}.${payload}.${signature}`],
  ['no header', `${encode(null)}.${payload}.${signature}`],
  ['a header too large', `${encode({ ...good, kid: 'x'.repeat(500) })}.${payload}.${signature}`],
  ['four parts', `${header}.${payload}.${signature}.${signature}`],
  ['a signature of zeros', `${header}.${payload}.${'A'.repeat(86)}`],
  ['nothing', ''],
  ['two million characters', 'a'.repeat(2_000_000)],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(() => readFeedJws(hostile, keys), FeedUnverified)
  })
}

test('a key that is not pinned is told apart: others may have been announced', () => {
  assert.throws(() => readFeedJws(feedSigner().sign(heartbeat), keys), FeedKeyUnknown)
})

test('what is signed for one purpose says nothing for another', () => {
  const hello = signer.sign({ ...heartbeat, type: 'hello', nonces: [] })
  assert.throws(() => parseHeartbeat(readFeedJws(hello, keys)), RangeError)
})

test('a file of pins holds keys of P-256 under their thumbprints, and nothing else', () => {
  assert.deepEqual(readFeedKeys({ keys: [signer.jwk] }), [signer.jwk])
  for (const set of [
    {},
    { keys: [] },
    { keys: 'none' },
    { keys: [{ ...signer.jwk, kid: 'other' }] },
    { keys: [{ ...signer.jwk, crv: 'P-384' }] },
    { keys: [{ ...signer.jwk, kty: 'RSA' }] },
    { keys: [{ ...signer.jwk, alg: 'none' }] },
    { keys: [{ ...signer.jwk, x: signer.jwk.x.slice(1) }] },
    { keys: [signer.jwk, null] },
    { keys: Array.from({ length: 33 }, () => signer.jwk) },
    null,
  ]) {
    assert.throws(() => readFeedKeys(set), RangeError)
  }
})
