import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Certificate } from '../../src/certificate.ts'
import { DerError } from '../../src/der/der-error.ts'
import {
  derContext,
  derContextPrimitive,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../src/der/der-writer.ts'
import { issuerKeys } from '../../src/ocsp/certificate-id.ts'
import { parseOcspRequest } from '../../src/ocsp/ocsp-request.ts'
import { oids } from '../../src/oids.ts'
import { extension } from '../forge.ts'
import { testDeviceCa, testRoot } from '../test-authority.ts'
import { certificateId, forgeRequest, nonceExtension } from './forge-request.ts'

describe('an OCSP request', () => {
  let issuer: Certificate

  before(async () => {
    issuer = (await testDeviceCa(await testRoot())).certificate
  })

  it('asks about certificates by either hash of their issuer', () => {
    const request = parseOcspRequest(
      forgeRequest([certificateId(issuer, 'abc'), certificateId(issuer, 'ff', 'sha256')]),
    )
    const keys = issuerKeys(issuer)
    assert.deepEqual(
      request.certificates.map(({ issuerKey, serial }) => [keys.indexOf(issuerKey), serial]),
      [
        [0, 'abc'],
        [1, 'ff'],
      ],
    )
    assert.deepEqual(request.certificates[0]?.der, certificateId(issuer, 'abc'))
    assert.equal(request.nonce, undefined)
  })

  it('by a hash that nobody is looked up by is read, and is about no issuer of ours', () => {
    const id = certificateId(issuer, '1', 'sha512')
    const [certificate] = parseOcspRequest(forgeRequest([id])).certificates
    assert.ok(certificate !== undefined && !issuerKeys(issuer).includes(certificate.issuerKey))
  })

  it('has a nonce of 1 to 32 bytes to be echoed, longer ones up to 128 are passed over', () => {
    for (const [length, echoed] of [
      [1, true],
      [16, true],
      [32, true],
      [33, false],
      [128, false],
    ] as const) {
      const nonce = Buffer.alloc(length, 7)
      const der = forgeRequest([certificateId(issuer, '1')], {
        extensions: [nonceExtension(nonce, length === 16)],
      })
      assert.deepEqual(parseOcspRequest(der).nonce, echoed ? nonce : undefined)
    }
  })

  it('is read with what old and careful clients write: the version, a name, a signature', () => {
    const id = certificateId(issuer, '1')
    const name = derContext(1, derContextPrimitive(6, Buffer.from('http://x')))
    const version = derContext(0, derInteger(0))
    const der = forgeRequest([id], {
      before: Buffer.concat([version, name]),
      singleExtensions: [extension('1.3.6.1.5.5.7.48.1.7', derSequence())],
      extensions: [extension('1.3.6.1.5.5.7.48.1.4', derSequence(derOid(oids.ocspBasic)))],
      trailer: derContext(0, derSequence(derNull())),
    })
    assert.equal(parseOcspRequest(der).certificates.length, 1)
  })

  const hostile: readonly [string, () => Buffer][] = [
    ['nothing', () => Buffer.alloc(0)],
    ['a certificate', () => issuer.der],
    ['no certificate asked about', () => forgeRequest([])],
    ['33 certificates', () => forgeRequest(Array(33).fill(certificateId(issuer, '1')))],
    ['10,000 certificates', () => forgeRequest(Array(10_000).fill(certificateId(issuer, '1')))],
    ['something after its end', () => Buffer.concat([request(), Buffer.alloc(1)])],
    ['version 2', () => request({ before: derContext(0, derInteger(1)) })],
    ['a nonce of nothing', () => request({ extensions: [nonceExtension(Buffer.alloc(0))] })],
    ['a nonce of 129 bytes', () => request({ extensions: [nonceExtension(Buffer.alloc(129))] })],
    ['a huge nonce', () => request({ extensions: [nonceExtension(Buffer.alloc(1_000_000))] })],
    ['two nonces', () => request({ extensions: Array(2).fill(nonceExtension(Buffer.alloc(16))) })],
    [
      'a nonce without an OCTET STRING of its own',
      () => request({ extensions: [extension(oids.ocspNonce, Buffer.alloc(16))] }),
    ],
    ['no extension in its extensions', () => request({ extensions: [] })],
    [
      'a critical extension that is not known',
      () => request({ extensions: [extension('1.2.3', derNull(), true)] }),
    ],
    [
      'a critical extension of one certificate',
      () => request({ singleExtensions: [extension('1.2.3', derNull(), true)] }),
    ],
    ['a negative serial number', () => forgeRequest([withSerial(Buffer.from('020180', 'hex'))])],
    [
      'a serial number of 40 bytes',
      () => forgeRequest([withSerial(derInteger(Buffer.alloc(40, 1)))]),
    ],
    [
      'levels within levels',
      () => {
        let nested = derNull()
        while (nested.length < 8_000) nested = derSequence(nested)
        return derSequence(derSequence(derSequence(nested)))
      },
    ],
    ['indefinite lengths', () => Buffer.from('3080308030800000000000000', 'hex')],
  ]
  const request = (parts: Parameters<typeof forgeRequest>[1] = {}) =>
    forgeRequest([certificateId(issuer, '1')], parts)
  const withSerial = (serial: Buffer) =>
    derSequence(
      derSequence(derOid(oids.sha1)),
      derOctetString(Buffer.alloc(20)),
      derOctetString(Buffer.alloc(20)),
      serial,
    )
  for (const [what, build] of hostile) {
    it(`is refused with ${what}`, () => {
      const der = build()
      const startedAt = performance.now()
      assert.throws(() => parseOcspRequest(der), DerError)
      assert.ok(performance.now() - startedAt < 50)
    })
  }

  it('is refused with a DerError alone, whatever the bytes', () => {
    const seed = forgeRequest(
      [certificateId(issuer, 'abc'), certificateId(issuer, '1', 'sha256')],
      {
        extensions: [nonceExtension(Buffer.alloc(16, 1))],
      },
    )
    const changes = fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1 })
    fc.assert(
      fc.property(changes, fc.nat(seed.length), (changed, end) => {
        const der = Buffer.from(seed)
        for (const [index, byte] of changed) der[index] = byte
        for (const bytes of [der, der.subarray(0, end)]) {
          try {
            for (const { serial } of parseOcspRequest(bytes).certificates) {
              assert.match(serial, /^[0-9a-f]{1,40}$/)
            }
          } catch (error) {
            assert.ok(error instanceof DerError)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
