import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Certificate } from '../../src/certificate.ts'
import { certificatesFromPem } from '../../src/pem.ts'
import { fixture, fixtureNames } from '../fixture.ts'

/** How many certificates the fixtures hold. */
const expectedCount = 27

describe('certificates of the field', () => {
  let count = 0
  for (const name of fixtureNames('real')) {
    it(`reads ${name} to the values that OpenSSL reads`, () => {
      for (const certificate of certificatesFromPem(fixture(`real/${name}`))) {
        assertSame(certificate)
        count++
      }
    })
  }

  it('read all of them', (t) => {
    t.diagnostic(`${count} certificates of the field`)
    assert.equal(count, expectedCount)
  })
})

function assertSame(certificate: Certificate): void {
  const oracle = new X509Certificate(certificate.der)
  const hex = (text: string) => text.toLowerCase().replaceAll(':', '')
  assert.equal(certificate.serial, hex(oracle.serialNumber).replace(/^0+(?=.)/, ''))
  assert.equal(certificate.notBefore, oracle.validFromDate.getTime())
  assert.equal(certificate.notAfter, oracle.validToDate.getTime())
  assert.equal(certificate.isCa, oracle.ca)
  assert.deepEqual(certificate.extendedKeyUsage, oracle.keyUsage)
  assert.equal(
    Buffer.from(certificate.thumbprint, 'base64url').toString('hex'),
    hex(oracle.fingerprint256),
  )
  if (certificate.keyKind === undefined) return
  assert.ok(certificate.publicKey.equals(oracle.publicKey))
  assert.ok(certificate.spki.equals(oracle.publicKey.export({ format: 'der', type: 'spki' })))
}
