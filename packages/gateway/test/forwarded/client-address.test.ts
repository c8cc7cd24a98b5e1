import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalAddress } from '../../src/addresses/network.ts'
import { networkTreeOf } from '../../src/edge/hop-proof.ts'
import { type AddressField, readClientAddress } from '../../src/forwarded/client-address.ts'

const trusted = networkTreeOf(['10.0.0.0/8', '2001:db8:ffff::/48'])

function read(field: AddressField, value: string | undefined): string {
  const found = readClientAddress(field, value, trusted)
  return found.state === 'read' ? found.address : 'refused'
}

test('X-Forwarded-For: the rightmost that is not trusted, whatever stands left of it', () => {
  const cases: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['evil, 203.0.113.9, 192.0.2.7', '192.0.2.7'],
    ['198.51.100.1, 192.0.2.7, 10.1.1.1, 10.2.2.2', '192.0.2.7'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['192.0.2.7:51234', '192.0.2.7'],
    ['[2001:DB8::7]:443', '2001:db8::7'],
    ['2001:db8::7, 2001:db8:ffff::1', '2001:db8::7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
  ]
  for (const [value, expected] of cases)
    assert.equal(read('x-forwarded-for', value), expected, value)
})

test('X-Forwarded-For: what cannot be read, and nothing at all, is refused', () => {
  for (const value of [
    undefined,
    '',
    'unknown',
    '192.0.2.7,',
    '192.0.2.7, evil',
    'evil, 10.1.1.1',
    '192.0.2.7 198.51.100.1',
    '192.0.2.256',
    'fe80::1%eth0',
    '1,'.repeat(3_000),
  ]) {
    assert.equal(read('x-forwarded-for', value), 'refused', value ?? 'nothing')
  }
})

test('Forwarded: the for of the rightmost element that is not trusted', () => {
  const cases: [string, string][] = [
    ['for=192.0.2.7', '192.0.2.7'],
    ['For="[2001:db8::7]:4711";proto=https;by=203.0.113.43', '2001:db8::7'],
    ['for=evil, proto=http;for=192.0.2.7 , for=10.0.0.1', '192.0.2.7'],
    ['for="192.0.2.7:80";host="a;b,c\\"for=x"', '192.0.2.7'],
  ]
  for (const [value, expected] of cases) assert.equal(read('forwarded', value), expected, value)
})

test('Forwarded: hidden, unknown, missing and malformed nodes are refused', () => {
  for (const value of [
    'for=unknown',
    'for=_hidden',
    'proto=https',
    'for=192.0.2.7;for=198.51.100.1',
    'for=192.0.2.7;x',
    'for=192.0.2.7, proto=https',
    'for="192.0.2.7',
    'for=[2001:db8::7]',
    'for = 192.0.2.7',
  ]) {
    assert.equal(read('forwarded', value), 'refused', value)
  }
})

test('no text makes it throw, and what it reads is one canonical address', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(',', 'for=', '"', ';', '[', ']', ':1'),
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom('x-forwarded-for', 'forwarded'), pieces, (field, parts) => {
      const found = read(field, parts.join(''))
      assert(found === 'refused' || found === canonicalAddress(found))
    }),
    { numRuns: 3_000 },
  )
})
