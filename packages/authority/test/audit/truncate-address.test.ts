import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { truncateAddress } from '../../src/audit/truncate-address.ts'

const cases: [string, string][] = [
  ['192.0.2.7', '192.0.2.0/24'],
  ['0.0.0.0', '0.0.0.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:0DB8:0001::7', '2001:db8:1::/48'],
  ['2001:db8::7', '2001:db8::/48'],
  ['2001::7', '2001::/48'],
  ['::1', '::/48'],
  ['::', '::/48'],
  ['0:0:1::', '0:0:1::/48'],
  ['fe80::1%eth0', 'fe80::/48'],
  ['64:ff9b::192.0.2.7', '64:ff9b::/48'],
  ['::ffff:192.0.2.7', '192.0.2.0/24'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.0/24'],
  // What is no address is what it was: a network above all, so that truncating again changes nothing.
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['2001:db8:1::/48', '2001:db8:1::/48'],
  ['', ''],
  ['unix', 'unix'],
]
for (const [address, network] of cases) {
  test(`of ${address === '' ? 'nothing' : address} ${network === '' ? 'nothing' : network} is left`, () => {
    assert.equal(truncateAddress(address), network)
    assert.equal(truncateAddress(network), network)
  })
}

const octet = fc.integer({ min: 0, max: 255 })
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
const ipv6 = fc
  .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), fc.boolean())
  .map(([groups, isShort, isUpper]) => {
    const text = groups.map((one) => one.toString(16)).join(':')
    const short = isShort ? text.replace(/(?:^|:)0(?::0)+(?::|$)/, '::') : text
    return isUpper ? short.toUpperCase() : short
  })

test('the network of an address has it in it, as long as a platform may say, and is its own', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), (address) => {
      const [network = '', prefix] = truncateAddress(address).split('/')
      const isIPv4 = isIP(address) === 4
      assert.equal(prefix, isIPv4 ? '24' : '48')
      assert.ok(isIP(network) === isIP(address), `${address} ${network}`)
      const list = new BlockList()
      list.addSubnet(network, Number(prefix), isIPv4 ? 'ipv4' : 'ipv6')
      assert.ok(list.check(address, isIPv4 ? 'ipv4' : 'ipv6'))
    }),
  )
})

test('addresses of one network are alike, and whatever the text nothing is thrown', () => {
  fc.assert(
    fc.property(octet, octet, octet, octet, octet, (a, b, c, d, e) => {
      assert.equal(truncateAddress(`${a}.${b}.${c}.${d}`), truncateAddress(`${a}.${b}.${c}.${e}`))
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const once = truncateAddress(text)
      assert.equal(truncateAddress(once), once)
    }),
  )
})
