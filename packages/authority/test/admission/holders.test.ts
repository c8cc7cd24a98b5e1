import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Holders } from '../../src/admission/holders.ts'

test('a network that a device called from is expected, until it brought too many others', () => {
  const holders = new Holders()
  assert.equal(holders.expects('192.0.2.1'), false)
  holders.note('192.0.2.1')
  const many = Array.from({ length: 20 }, () => holders.expects('192.0.2.1'))
  assert.deepEqual(many, [...Array(8).fill(true), ...Array(12).fill(false)])
  holders.note('192.0.2.1')
  assert.equal(holders.expects('192.0.2.1'), true)
  assert.equal(holders.expects('192.0.2.2'), false)
})

test('of more networks than are remembered, the one of longest ago is forgotten', () => {
  const holders = new Holders({ maxNetworks: 2 })
  holders.note('192.0.2.1')
  holders.note('192.0.2.2')
  holders.note('192.0.2.1')
  holders.note('192.0.2.3')
  const expected = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((one) => holders.expects(one))
  assert.deepEqual(expected, [true, false, true])
})

test('holders are at work until each is done, however often one says so', () => {
  const holders = new Holders()
  const [one, other] = [holders.begin(), holders.begin()]
  one()
  one()
  assert.equal(holders.areAtWork, true)
  other()
  assert.equal(holders.areAtWork, false)
})

test('holders are about while one is at work, and for a second after', () => {
  let now = 0
  const holders = new Holders({ now: () => now })
  assert.equal(holders.areAbout, false)
  const done = holders.begin()
  now = 5_000
  assert.equal(holders.areAbout, true)
  done()
  now = 5_999
  assert.equal(holders.areAbout, true)
  now = 6_000
  assert.equal(holders.areAbout, false)
})
