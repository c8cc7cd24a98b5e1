import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AddressKind, addressKind } from '../../src/outgoing/address-kind.ts'

const kinds: Readonly<Record<AddressKind, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::8a',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    'fd12:3456::1',
    'fc00::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ],
  never: [
    // The metadata services of clouds.
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '0.0.0.0',
    '::',
    '::ffff:0.0.0.0',
    '64:ff9b::',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    '192.0.2.1',
    '2001:db8::1',
    // Tunnels, in which another address hides.
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '64:ff9b:1::1',
    '::127.0.0.1',
    '100::1',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '',
  ],
}
for (const [kind, addresses] of Object.entries(kinds)) {
  test(`addresses that are ${kind}`, () => {
    for (const address of addresses) assert.equal(addressKind(address), kind, address)
  })
}

test('an IPv4 address in an IPv6 one is of the same kind', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const dotted = address.split('.').map(Number)
      const hex = dotted.map((byte) => byte.toString(16).padStart(2, '0'))
      const tail = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`
      const kind = addressKind(address)
      assert.equal(addressKind(`::ffff:${address}`), kind)
      assert.equal(addressKind(`0:0:0:0:0:FFFF:${tail}`), kind)
      assert.equal(addressKind(`::ffff:${tail}`), kind)
      // RFC 6052: zero addresses have nothing to embed.
      if (!tail.startsWith('0000:')) assert.equal(addressKind(`64:ff9b::${tail}`), kind)
    }),
    { numRuns: 1_000, seed: 1 },
  )
})
