import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressKey, networkKey } from '../../src/limits/address-key.ts'
import { endOfDayIn } from '../../src/limits/calendar-day.ts'
import { comparable } from '@sallyport/wire/lift'
import { type ContentHead, contentField } from '../../src/limits/content-field.ts'
import { durationMs, durationPattern } from '../../src/limits/duration.ts'
import { startBed, route } from '../support/gateway.ts'

/** A request with this content, and no field but its type. */
const holding = (bytes: Buffer, type?: string): ContentHead => ({
  heldContent: { bytes, isComplete: true },
  target: '/',
  header: (name) => (name === 'content-type' ? type : undefined),
  headerCount: (name) => (name === 'content-type' && type !== undefined ? 1 : 0),
})
const formType = 'application/x-www-form-urlencoded'
const read = (text: string, body = '/user/name') =>
  contentField(holding(Buffer.from(text)), { body })

test('a field of JSON is found by its pointer (RFC 6901), and by nothing else', () => {
  assert.equal(read('{"user":{"name":" Ada "}}'), 'ada')
  assert.equal(read('{"user":{"name":42}}'), '42')
  assert.equal(read('{"a/b":{"~":"x"}}', '/a~1b/~0'), 'x')
  assert.equal(read('["a","b"]', '/1'), 'b')
  for (const text of [
    '',
    '{',
    '[]',
    '{"user":"name"}',
    '{"user":{"name":{}}}',
    '{"user":{"name":null}}',
  ]) {
    assert.equal(read(text), undefined, text)
  }
  assert.equal(read('{}', '/__proto__/toString'), undefined)
  assert.equal(read('{"user":{}}', '/user/constructor'), undefined)
})

test('content that names the field twice is read in no way at all', () => {
  for (const text of [
    '{"user":{"name":"a","name":"b"}}',
    '{"user":{"name":"a"},"user":{"name":"b"}}',
    String.raw`{"user":{"\u006eame":"a","name":"b"}}`,
    '{"user":{"name":"a"},"user":{}}',
  ]) {
    assert.equal(read(text), undefined, text)
  }
  assert.equal(read('{"user":{"name":"\\"name\\":"}}'), '"name":')
  const form = (text: string) =>
    contentField(holding(Buffer.from(text), formType), { form: 'user' })
  assert.equal(form('user=Ada+L&x=1'), 'ada l')
  assert.equal(form('user=a&user=b'), undefined)
  assert.equal(form('us%65r=a&user=b'), undefined)
})

test('whatever bytes come, a field is a short text or nothing, and soon', () => {
  const value = (bytes: Buffer, pointer: string) => contentField(holding(bytes), { body: pointer })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.json(), (bytes, json) => {
      for (const content of [Buffer.from(bytes), Buffer.from(json)]) {
        const found = value(content, '/a')
        assert(found === undefined || found.length <= 4_000)
      }
    }),
  )
  const begin = performance.now()
  for (const text of [
    '['.repeat(1_000_000),
    `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    `{"a":"${'\\"'.repeat(400_000)}"}`,
    '"'.repeat(1_000_000),
    `{${'"b":1,'.repeat(150_000)}"a":"x"}`,
  ]) {
    value(Buffer.from(text), '/a')
  }
  assert(performance.now() - begin < 3_000, `${performance.now() - begin} ms`)
})

test('one JSON text, one value: what is found is what JSON.parse finds', () => {
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (name, rest) => {
      const content = Buffer.from(JSON.stringify({ ...rest, user: { name } }))
      assert.equal(contentField(holding(content), { body: '/user/name' }), comparable(name))
    }),
  )
})

test('an address is counted by what one customer has, and around it by the network', () => {
  assert.equal(addressKey('192.0.2.7'), addressKey('::ffff:192.0.2.7'))
  assert.notEqual(addressKey('192.0.2.7'), addressKey('192.0.2.8'))
  assert.equal(networkKey('192.0.2.7'), networkKey('192.0.2.200'))
  assert.notEqual(networkKey('192.0.2.7'), networkKey('192.0.3.7'))
  assert.equal(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:2:ffff::9'))
  assert.notEqual(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'))
  assert.equal(networkKey('2001:db8:1:2::1'), networkKey('2001:db8:1:ffff::1'))
})

test('a day ends at midnight of its zone, also when the clock is changed', () => {
  const at = (text: string) => Date.parse(text)
  const berlin = endOfDayIn('Europe/Berlin')
  assert.equal(berlin(at('2026-11-22T12:00:00Z')), at('2026-11-22T23:00:00Z'))
  assert.equal(berlin(at('2026-11-22T23:00:00Z')), at('2026-11-23T23:00:00Z'))
  assert.equal(berlin(at('2026-03-28T23:30:00Z')), at('2026-03-29T22:00:00Z'), '23 hours')
  assert.equal(berlin(at('2026-10-24T22:30:00Z')), at('2026-10-25T23:00:00Z'), '25 hours')
  assert.equal(endOfDayIn('Asia/Kathmandu')(at('2026-01-01T00:00:00Z')), at('2026-01-01T18:15:00Z'))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
      const end = endOfDayIn('America/New_York')(ms)
      assert(end > ms && end - ms <= 25 * 3_600_000)
    }),
  )
})

test('durations are what they say', () => {
  const given = ['1s', '90s', '1m', '12h', '7d']
  assert.deepEqual(given.map(durationMs), [1_000, 90_000, 60_000, 43_200_000, 604_800_000])
  for (const text of ['0s', '1', 's', '1w', '1.5h', '-1s']) {
    assert(!new RegExp(durationPattern).test(text), text)
  }
})

test('limits that contradict themselves are refused, each at its place', async (t) => {
  const bed = await startBed(t)
  const rule = { name: 'a', key: 'address', limit: 1, per: '1m' }
  const cases: [unknown, RegExp][] = [
    [{ rules: [rule, rule] }, /rules\/1\/name|two limits have the same name/],
    [{ rules: [{ name: 'a', key: 'address' }] }, /does not say one limit/],
    [{ rules: [{ ...rule, perDayIn: 'UTC' }] }, /does not say one limit/],
    [{ rules: [{ ...rule, atOnce: 1 }] }, /does not say one limit/],
    [{ rules: [{ ...rule, cost: 2 }] }, /could ever pay/],
    [{ rules: [{ name: 'a', key: 'address', limit: 1, perDayIn: 'Mars/Olympus' }] }, /time zone/],
    [{ rules: [{ name: 'a', key: 'address', limit: 1, perDayIn: 'UTC', burst: 2 }] }, /burst/],
    [{ rules: [{ name: 'a', key: 'address', atOnce: 1, countStatus: [401] }] }, /one by one/],
    [{ rules: [{ ...rule, key: 'adress' }] }, /key/],
  ]
  for (const [limits, said] of cases) {
    await bed.writeConfig({
      hosts: {
        'api.example.com': {
          clientCertificate: 'explain',
          routes: [route({ stages: { limits } })],
        },
      },
    })
    await assert.rejects(bed.gateway.reload(), said, JSON.stringify(limits))
  }
})
