import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstFlightCertificates } from '../src/chain/first-flight.ts'
import { certificateMessage, message, records } from './tls-server-bytes.ts'

const serverHello = message(2, Buffer.alloc(70, 1))
const keyExchange = message(12, Buffer.alloc(100, 2))
const request = message(13, Buffer.alloc(20, 3))
const done = message(14, Buffer.alloc(0))

test('certificates are read whatever records a server packs its messages into', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 16_384 }),
      fc.uint8Array({ maxLength: 40 }),
      (certificates, recordBytes, after) => {
        const ders = certificates.map((each) => Buffer.from(each))
        const flight = [serverHello, certificateMessage(ders), keyExchange, request, done]
        const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40])
        const bytes = Buffer.concat([records(Buffer.concat(flight), recordBytes), alert, after])
        assert.deepEqual(firstFlightCertificates(bytes), ders)
      },
    ),
  )
})

test('a flight that is cut anywhere shows nothing', () => {
  const flight = [serverHello, certificateMessage([Buffer.from('der')]), keyExchange, done]
  const whole = records(Buffer.concat(flight), 50)
  assert.notEqual(firstFlightCertificates(whole), undefined)
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(firstFlightCertificates(whole.subarray(0, length)), undefined)
  }
})

test('what is encrypted is not looked into: a handshake of TLS 1.3 shows nothing', () => {
  const hello = records(serverHello, 16_384)
  const encrypted = records(Buffer.concat([certificateMessage([]), done]), 16_384, 23)
  const changeCipherSpec = Buffer.from([20, 3, 3, 0, 1, 1])
  const bytes = Buffer.concat([hello, changeCipherSpec, encrypted])
  assert.equal(firstFlightCertificates(bytes), undefined)
})

for (const [name, body] of [
  ['a list that is longer than its message', Buffer.from([0, 0, 9, 0, 0, 1, 7])],
  ['a list that is shorter than its message', Buffer.from([0, 0, 3, 0, 0, 0, 7])],
  ['a certificate that is longer than the list', Buffer.from([0, 0, 4, 0, 0, 2, 7])],
  ['half a length', Buffer.from([0, 0, 2, 0, 0])],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`${name} shows nothing`, () => {
    const bytes = records(Buffer.concat([message(11, body), done]), 16_384)
    assert.equal(firstFlightCertificates(bytes), undefined)
  })
}

test('no bytes are answered with an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.boolean(), (noise, isInRecords) => {
      const bytes = Buffer.from(noise)
      const found = firstFlightCertificates(isInRecords ? records(bytes, 200) : bytes)
      const total = (found ?? []).reduce((sum, each) => sum + each.length, 0)
      assert.ok(total <= bytes.length)
    }),
  )
})
