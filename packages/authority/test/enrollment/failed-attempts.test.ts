import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@sallyport/problem'
import fc from 'fast-check'
import { FailedAttempts } from '../../src/enrollment/failed-attempts.ts'
import { networkOf } from '../../src/enrollment/network-of.ts'

const minuteMs = 60_000

function movable() {
  const time = { now: 5_000 }
  return { time, attempts: new FailedAttempts({ clock: () => time.now }) }
}

test('refusals are counted by address and app, for an hour', () => {
  const { time, attempts } = movable()
  for (let times = 0; times < 100; times++) attempts.note('wallet', '192.0.2.1')
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 100)
  assert.equal(attempts.recent('wallet', '192.0.2.2'), 0)
  assert.equal(attempts.recent('bank', '192.0.2.1'), 0)
  time.now += 90 * minuteMs
  assert.equal(Math.round(attempts.recent('wallet', '192.0.2.1')), 50)
  time.now += 31 * minuteMs
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 0)
})

test('an hour without anyone leaves nothing of the hour before', () => {
  const { time, attempts } = movable()
  attempts.note('wallet', '192.0.2.1')
  time.now += 10_000 * minuteMs
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 0)
  attempts.note('wallet', '192.0.2.1')
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 1)
})

test('an address of IPv6 is its first 64 bits', () => {
  const { attempts } = movable()
  for (let host = 0; host < 50; host++)
    attempts.note('wallet', `2001:db8:0:1::${host.toString(16)}`)
  assert.equal(attempts.recent('wallet', '2001:db8:0:1:ffff::1'), 50)
  assert.equal(attempts.recent('wallet', '2001:db8:0:2::1'), 0)
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0')
  assert.equal(networkOf('::1'), '0:0:0:0')
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
})

test('every address of a /64 is the same network, however it is written', () => {
  const group = fc.integer({ min: 0, max: 0xffff })
  const groups = fc.array(group, { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const prefix = one.slice(0, 4)
      // As the system writes an address: the longest run of zeros left out.
      const written = (rest: number[]) => {
        const text = [...prefix, ...rest].map((value) => value.toString(16)).join(':')
        return new URL(`http://[${text}]`).hostname.slice(1, -1)
      }
      const [first, second] = [written(one.slice(4)), written(other.slice(4))]
      fc.pre(![first, second].some((address) => address.startsWith('::ffff:')))
      assert.equal(networkOf(first), networkOf(second))
      const expected = prefix.map((value) => value.toString(16)).join(':')
      assert.equal(networkOf(first), expected)
    }),
  )
})

test('a flood of other addresses neither forgets one that failed nor shuts out one that did not', () => {
  const { attempts } = movable()
  for (let times = 0; times < 600; times++) attempts.note('wallet', '192.0.2.1')
  for (let network = 0; network < 300_000; network++) {
    const groups = `${(network >>> 16).toString(16)}:${(network & 0xffff).toString(16)}`
    attempts.note('wallet', `2001:db8:${groups}::1`)
  }
  assert.ok(attempts.recent('wallet', '192.0.2.1') >= 600)
  const strangers = Array.from({ length: 1_000 }, (_value, host) =>
    attempts.recent('wallet', `198.51.100.${host % 256}.${host}`),
  )
  assert.ok(Math.max(...strangers) < 100, String(Math.max(...strangers)))
})

test('what the caller could not help, and what may be tried again, does not count', () => {
  const { attempts } = movable()
  const note = (error: unknown) => attempts.noteRefusal(error, 'wallet', '192.0.2.1')
  note(new Error('a bug'))
  note(new Problem('store_unavailable'))
  note(new Problem('enrollment_address_too_often'))
  note(new Problem('app_unknown'))
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 0)
  note(new Problem('token_signature_invalid'))
  note(new Problem('challenge_forged'))
  assert.equal(attempts.recent('wallet', '192.0.2.1'), 2)
})
