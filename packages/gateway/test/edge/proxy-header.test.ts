import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from '../../src/edge/crc32c.ts'
import {
  isProxyHeader,
  maxProxyHeaderBytes,
  type ProxyHeaderReading,
  readProxyHeader,
} from '../../src/edge/proxy-header.ts'
import { canonicalAddress } from '../../src/addresses/network.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

type Version2 = {
  readonly command?: number
  readonly family?: number
  readonly addresses?: Buffer
  readonly tlvs?: Buffer
  readonly length?: number
}

const addresses4 = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb])

function version2(parts: Version2 = {}): Buffer {
  const { command = 0x21, family = 0x11, addresses = addresses4, tlvs = Buffer.alloc(0) } = parts
  const head = Buffer.from([command, family, 0, 0])
  head.writeUInt16BE(parts.length ?? addresses.length + tlvs.length, 2)
  return Buffer.concat([signature, head, addresses, tlvs])
}

function tlv(type: number, value: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0])
  head.writeUInt16BE(value.length, 1)
  return Buffer.concat([head, value])
}

/** With the checksum that it should have, times a factor. */
function withChecksum(before: Buffer, wrong = 0): Buffer {
  const header = version2({ tlvs: Buffer.concat([before, tlv(3, Buffer.alloc(4))]) })
  header.writeUInt32BE((crc32c(header) ^ wrong) >>> 0, header.length - 4)
  return header
}

function source(bytes: Buffer): string | undefined {
  const reading = readProxyHeader(bytes)
  assert.equal(reading.state, 'read', JSON.stringify(reading))
  assert(reading.state === 'read')
  return reading.source
}

const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1')

test('CRC-32C is that of RFC 3720', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test('version 1 tells the client, or that nobody knows', () => {
  assert.equal(source(line('PROXY TCP4 192.0.2.7 198.51.100.1 56324 443')), '192.0.2.7')
  assert.equal(source(line('PROXY TCP6 2001:db8:0::7 2001:db8::1 1 2')), '2001:db8::7')
  assert.equal(source(line('PROXY UNKNOWN')), undefined)
  assert.equal(source(line('PROXY UNKNOWN ffff::1 whatever 1 2')), undefined)
})

test('version 2 tells the client, or that the balancer speaks for itself', () => {
  assert.equal(source(version2()), '192.0.2.7')
  const addresses6 = Buffer.alloc(36)
  addresses6.writeUInt16BE(0x2001, 0)
  addresses6[15] = 9
  assert.equal(source(version2({ family: 0x21, addresses: addresses6 })), '2001::9')
  assert.equal(source(version2({ command: 0x20 })), undefined)
  assert.equal(
    source(version2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) })),
    undefined,
  )
  assert.equal(source(version2({ family: 0, addresses: Buffer.alloc(0) })), undefined)
})

test('what balancers add is passed over, and its checksum held to', () => {
  const noise = Buffer.concat([tlv(4, Buffer.alloc(20)), tlv(0xea, Buffer.from('\x01vpce-1'))])
  assert.equal(source(version2({ tlvs: noise })), '192.0.2.7')
  assert.equal(source(withChecksum(noise)), '192.0.2.7')
  const wrong = readProxyHeader(withChecksum(noise, 1))
  assert(wrong.state === 'refused')
  assert.match(wrong.found, /CRC32C/)
})

test('a header split byte by byte is read with its last byte, and what follows is left', () => {
  for (const header of [
    version2({ tlvs: tlv(4, Buffer.alloc(9)) }),
    line('PROXY TCP4 192.0.2.7 192.0.2.8 1 2'),
  ]) {
    for (let length = 0; length < header.length; length++) {
      assert.equal(readProxyHeader(header.subarray(0, length)).state, 'more', `${length} bytes`)
    }
    const reading = readProxyHeader(Buffer.concat([header, Buffer.from('PROXY ')]))
    assert(reading.state === 'read')
    assert.equal(reading.length, header.length)
  }
})

test('hostile headers of version 1 are refused', () => {
  const lines = [
    'PROXY TCP4 192.0.2.7 198.51.100.1 56324',
    'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 ',
    'PROXY TCP4  192.0.2.7 198.51.100.1 56324 443',
    'PROXY TCP4 192.0.2.07 198.51.100.1 56324 443',
    'PROXY TCP4 2001:db8::7 198.51.100.1 56324 443',
    'PROXY TCP6 192.0.2.7 2001:db8::1 56324 443',
    'PROXY TCP6 fe80::1%1 2001:db8::1 56324 443',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 443',
    'PROXY TCP4 192.0.2.7 198.51.100.1 01 443',
    'PROXY UDP4 192.0.2.7 198.51.100.1 1 443',
    'PROXY tcp4 192.0.2.7 198.51.100.1 1 443',
    'PROXY constructor 192.0.2.7 198.51.100.1 1 443',
    `PROXY UNKNOWN ${'x'.repeat(100)}`,
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 443\0',
  ]
  for (const text of lines) assert.equal(readProxyHeader(line(text)).state, 'refused', text)
  // Nobody waits for the end of a line that is too long already.
  assert.equal(readProxyHeader(Buffer.from('PROXY TCP4 '.padEnd(107, '1'))).state, 'refused')
  assert.equal(readProxyHeader(Buffer.from('proxy TCP4')).state, 'refused')
  assert.equal(readProxyHeader(Buffer.from([0x16, 3, 1])).state, 'refused')
})

test('lengths of version 2 that lie are refused', () => {
  const hostile: Version2[] = [
    { command: 0x22 },
    { command: 0x11 },
    { family: 0x12 },
    { family: 0x31, addresses: Buffer.alloc(216) },
    { family: 0x21 },
    { length: 11 },
    { length: maxProxyHeaderBytes },
    { length: 0xffff },
    { tlvs: Buffer.from([4]) },
    { tlvs: Buffer.from([4, 0]) },
    { tlvs: Buffer.from([4, 0, 9, 1]) },
    { tlvs: tlv(3, Buffer.alloc(3)) },
    { tlvs: Buffer.concat(Array.from({ length: 65 }, () => tlv(4, Buffer.alloc(0)))) },
  ]
  for (const parts of hostile) {
    assert.equal(readProxyHeader(version2(parts)).state, 'refused', JSON.stringify(parts))
  }
})

test('bytes of anyone make it neither throw nor wait beyond its bound', () => {
  const begun = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 5_000 }).map((rest) => Buffer.concat([signature, rest])),
    fc.string({ maxLength: 150 }).map((rest) => Buffer.from(`PROXY ${rest}`)),
  )
  fc.assert(
    fc.property(begun, (bytes) => {
      const reading: ProxyHeaderReading = readProxyHeader(Buffer.from(bytes))
      if (reading.state === 'more') assert(bytes.length < maxProxyHeaderBytes)
      if (reading.state !== 'read') return
      assert(reading.length <= bytes.length && isProxyHeader(Buffer.from(bytes)))
      if (reading.source !== undefined) {
        assert.equal(reading.source, canonicalAddress(reading.source))
      }
    }),
    { numRuns: 5_000 },
  )
})

test('every address comes back out of both versions', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((text) => !text.includes('.')),
      ),
      (text) => {
        const expected = canonicalAddress(text)
        const isIpv6 = text.includes(':')
        const other = isIpv6 ? '::1' : '127.0.0.1'
        assert.equal(source(line(`PROXY TCP${isIpv6 ? 6 : 4} ${text} ${other} 1 2`)), expected)
      },
    ),
  )
})
