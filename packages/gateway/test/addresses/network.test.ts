import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import {
  isExact,
  type Network,
  networkText,
  parseAddress,
  parseNetwork,
} from '../../src/addresses/network.ts'
import { buildNetworkTree, readNetworkTree } from '../../src/addresses/network-tree.ts'

const ipv4 = fc.ipV4()
// ipaddr.js takes `::192.0.2.1`, which RFC 4291 §2.5.5.1 has deprecated, for an address of IPv4.
const ipv6 = fc.ipV6().filter((text) => !/^[0:]*:\d+\./.test(text))

test('every address that the kernel writes is read, and nothing that it does not', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), (text) => {
      const words = parseAddress(text)
      assert.notEqual(words, undefined, text)
      assert(words !== undefined)
      const expected = ipaddr.parse(text)
      const bytes =
        expected instanceof ipaddr.IPv4
          ? expected.toIPv4MappedAddress().toByteArray()
          : expected.toByteArray()
      const found = [...words].flatMap((word) =>
        [24, 16, 8, 0].map((shift) => (word >>> shift) & 255),
      )
      assert.deepEqual(found, bytes)
    }),
    { numRuns: 2_000 },
  )
})

test('text that is no address is none to us either', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '::',
      ':',
      '.',
      '0',
      '1',
      '255',
      '256',
      'ffff',
      '10000',
      'g',
      '1.2.3.4',
      '%1',
      ' ',
    ),
    { maxLength: 10 },
  )
  fc.assert(
    fc.property(
      pieces.map((parts) => parts.join('')),
      (text) => {
        const isAddress = isIP(text) !== 0
        // Node takes a zone on IPv6 alone, and so do we.
        if (!text.includes('%')) assert.equal(parseAddress(text) !== undefined, isAddress, text)
      },
    ),
    { numRuns: 20_000 },
  )
  for (const text of ['010.0.0.1', '1.2.3', '0x7f.1', '2130706433', '1.2.3.4.5', '', '[::1]']) {
    assert.equal(parseAddress(text), undefined, text)
  }
})

test('an IPv4-mapped address is the address of IPv4', () => {
  assert.deepEqual(parseAddress('::ffff:192.0.2.7'), parseAddress('192.0.2.7'))
  assert.deepEqual(parseNetwork('::ffff:192.0.2.0/120'), parseNetwork('192.0.2.0/24'))
  assert.deepEqual(parseAddress('fe80::1%eth0'), parseAddress('fe80::1'))
})

test('networks are written as RFC 5952 has them, and come back', () => {
  const texts = [
    '192.0.2.0/24',
    '192.0.2.7',
    '0.0.0.0/0',
    '2001:db8::/32',
    '::/0',
    '::1',
    '1::2:0:0:3',
  ]
  for (const text of texts) {
    const network = parseNetwork(text)
    assert(network !== undefined)
    assert(isExact(text, network))
  }
  fc.assert(
    fc.property(ipv6, fc.integer({ min: 0, max: 128 }), (address, length) => {
      const network = parseNetwork(`${address}/${length}`)
      assert(network !== undefined)
      assert.deepEqual(parseNetwork(networkText(network)), network)
    }),
  )
  const [one, other] = [parseNetwork('192.0.2.7/24'), parseNetwork('192.0.2.0/33')]
  assert(one !== undefined && !isExact('192.0.2.7/24', one))
  assert.equal(other, undefined)
  assert.equal(parseNetwork('192.0.2.0/024'), undefined)
  assert.equal(parseNetwork('192.0.2.0/-1'), undefined)
})

type Parsed = ReturnType<typeof ipaddr.parseCIDR>

function contains([network, bits]: Parsed, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}

test('the tree finds the narrowest network, as a walk through the whole list does', () => {
  // Few bits, so that networks lie in each other.
  const small4 = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }))
    .map(([first, last]) => `10.${first}.0.${last}`)
  const small6 = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }))
    .map(([first, last]) => `2001:db8:${first}::${last.toString(16)}`)
  const network = fc.oneof(
    fc.tuple(small4, fc.integer({ min: 0, max: 32 })),
    fc.tuple(small6, fc.integer({ min: 0, max: 128 })),
  )
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 60 }),
      fc.array(fc.oneof(small4, small6, ipv4, ipv6), { minLength: 1, maxLength: 30 }),
      (networks, addresses) => {
        const texts = networks.map(([address, bits]) => `${address}/${bits}`)
        const parsed = texts.map((text) => parseNetwork(text) as Network)
        const numbered = parsed.map((entry, index) => ({ network: entry, value: index + 1 }))
        const tree = readNetworkTree(buildNetworkTree(numbered))
        const oracle = texts.map((text) => ipaddr.parseCIDR(text))
        for (const text of addresses) {
          const words = parseAddress(text)
          assert(words !== undefined)
          // A mapped address is IPv4 to us, as process() makes it.
          const address = ipaddr.process(text)
          const widths = oracle.filter((entry) => contains(entry, address)).map(([, bits]) => bits)
          const narrowest = widths.length === 0 ? undefined : Math.max(...widths)
          const found = tree.find(words)
          assert.equal(
            found !== undefined,
            narrowest !== undefined,
            `${text} in ${texts.join(' ')}`,
          )
          assert.equal(found?.value ?? 0, tree.valueFor(words))
          if (found === undefined) continue
          const [, bits] = oracle[found.value - 1] as Parsed
          assert.equal(bits, narrowest)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('::/0 is no network of IPv4, and 0.0.0.0/0 none of IPv6', () => {
  const treeOf = (text: string) =>
    readNetworkTree(buildNetworkTree([{ network: parseNetwork(text) as Network, value: 1 }]))
  const [four, six] = [parseAddress('192.0.2.1'), parseAddress('2001:db8::1')]
  assert(four !== undefined && six !== undefined)
  assert.equal(treeOf('::/0').valueFor(four), 0)
  assert.equal(treeOf('::/0').valueFor(six), 1)
  assert.equal(treeOf('0.0.0.0/0').valueFor(four), 1)
  assert.equal(treeOf('0.0.0.0/0').valueFor(six), 0)
})

test('100,000 networks are built within two seconds, and asked in less than a microsecond', (context) => {
  const numbered = Array.from({ length: 100_000 }, (_, index) => {
    const mixed = Math.imul(index + 1, 0x9e3779b1)
    const text = [24, 16, 8, 0].map((shift) => (mixed >>> shift) & 255).join('.')
    const bits = 20 + (index % 13)
    return { network: parseNetwork(`${text}/${bits}`) as Network, value: 1 }
  })
  const start = performance.now()
  const buffer = buildNetworkTree(numbered)
  const buildMs = performance.now() - start
  const tree = readNetworkTree(buffer)
  const addresses = Array.from({ length: 4_096 }, (_, index) =>
    Int32Array.of(0, 0, 0xffff, Math.imul(index, 0x85ebca6b)),
  )
  let hits = 0
  const ask = () => {
    for (const address of addresses) if (tree.valueFor(address) !== 0) hits++
  }
  for (let warm = 0; warm < 20; warm++) ask()
  const rounds = 100
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) ask()
  const { user } = process.cpuUsage(before)
  const nanoseconds = (user * 1_000) / (rounds * addresses.length)
  context.diagnostic(
    `${numbered.length} networks: ${buildMs.toFixed(0)} ms, ${(buffer.byteLength / 2 ** 20).toFixed(1)} MiB, ${nanoseconds.toFixed(0)} ns a look-up, ${hits} hits`,
  )
  assert(hits > 0)
  assert(buildMs < 2_000)
  assert(nanoseconds < 1_000, `${nanoseconds} ns`)
})
