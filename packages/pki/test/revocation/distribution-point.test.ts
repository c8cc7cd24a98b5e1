import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DerError } from '../../src/der/der-error.ts'
import {
  encodeAuthorityInformation,
  encodeDistributionPoints,
  encodeIssuingDistributionPoint,
  readAuthorityInformation,
  readDistributionPoints,
  readIssuingDistributionPoint,
} from '../../src/revocation/distribution-point.ts'

const url = fc.webUrl({ validSchemes: ['http', 'https'], size: 'small' })
const urls = fc.array(url, { minLength: 1, maxLength: 16 })

describe('the addresses of published status', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(urls, fc.array(url, { maxLength: 3 }), fc.boolean(), (some, more, flag) => {
        assert.deepEqual(readDistributionPoints(encodeDistributionPoints(some)), some)
        const scope = { addresses: some, onlyUserCertificates: flag }
        assert.deepEqual(readIssuingDistributionPoint(encodeIssuingDistributionPoint(scope)), scope)
        const information = { ocsp: some, issuerCertificates: more }
        assert.deepEqual(
          readAuthorityInformation(encodeAuthorityInformation(information)),
          information,
        )
      }),
    )
  })

  it('are URLs in ASCII, and at most 16', () => {
    for (const bad of [
      '',
      'ldap://x',
      'http://',
      'http://ü',
      'http://a b',
      `http://${'a'.repeat(1_001)}`,
    ]) {
      assert.throws(() => encodeDistributionPoints([bad]), TypeError)
    }
    assert.throws(() => encodeDistributionPoints([]), TypeError)
    assert.throws(() => encodeDistributionPoints(Array(17).fill('http://a')), TypeError)
  })

  const readers = [readDistributionPoints, readIssuingDistributionPoint, readAuthorityInformation]
  it('are refused with a DerError alone, whatever the bytes', () => {
    const seeds = [
      encodeDistributionPoints(['http://a', 'http://b']),
      encodeIssuingDistributionPoint({ addresses: ['http://a'], onlyUserCertificates: true }),
      encodeAuthorityInformation({ ocsp: ['http://a'], issuerCertificates: ['http://b'] }),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat(), fc.nat(255), (seed, index, byte) => {
        const bytes = Buffer.from(seed)
        bytes[index % bytes.length] = byte
        for (const read of readers) {
          try {
            read(bytes)
          } catch (error) {
            assert.ok(error instanceof DerError)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
