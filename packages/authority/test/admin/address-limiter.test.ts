import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { AddressLimiter } from '../../src/admin/address-limiter.ts'

function limiterAt(maxAddresses = 100) {
  let milliseconds = 1_000
  const clock = () => milliseconds
  const limiter = new AddressLimiter({ perSecond: 2, burst: 3, maxAddresses, clock })
  const isTaken = (address: string) => {
    try {
      limiter.take(address)
      return true
    } catch (error) {
      assert.ok(isProblem(error) && error.code === 'too_many_requests', String(error))
      return false
    }
  }
  return { isTaken, pass: (time: number) => (milliseconds += time) }
}

test('a burst passes, then the rate', () => {
  const { isTaken, pass } = limiterAt()
  assert.deepEqual(
    [1, 2, 3, 4].map(() => isTaken('192.0.2.1')),
    [true, true, true, false],
  )
  pass(500)
  assert.deepEqual(
    [1, 2].map(() => isTaken('192.0.2.1')),
    [true, false],
  )
})

test('addresses have limits of their own, IPv6 ones a limit for each /64', () => {
  const { isTaken } = limiterAt()
  for (let call = 0; call < 3; call++) assert.ok(isTaken('2001:db8:1:2::1'))
  assert.ok(!isTaken('2001:db8:1:2:ffff::9'))
  assert.ok(isTaken('2001:db8:1:3::1'))
  assert.ok(isTaken('192.0.2.1'))
})

test('a full table refuses addresses it does not know, until others are idle', () => {
  const { isTaken, pass } = limiterAt(2)
  assert.ok(isTaken('192.0.2.1'))
  assert.ok(isTaken('192.0.2.2'))
  assert.ok(!isTaken('192.0.2.3'))
  assert.ok(isTaken('192.0.2.1'))
  pass(2_000)
  assert.ok(isTaken('192.0.2.3'))
})
