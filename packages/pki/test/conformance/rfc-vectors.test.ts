import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { nameText } from '../../src/distinguished-name.ts'
import { certificatesFromPem } from '../../src/pem.ts'
import { isSignedBy } from '../../src/signature-algorithm.ts'
import { parseSigningRequest } from '../../src/signing-request.ts'
import { derOfPem, fixture } from '../fixture.ts'

const only = (name: string) => {
  const [certificate, ...more] = certificatesFromPem(fixture(`rfc/${name}`))
  assert.ok(certificate !== undefined && more.length === 0)
  return certificate
}

describe('certificates and requests printed in RFCs', () => {
  it('reads the self-signed CA of RFC 5280 C.1', () => {
    const ca = only('rfc5280-c1.pem')
    assert.equal(ca.der.length, 578)
    assert.equal(ca.serial, '11')
    assert.equal(ca.notBefore, Date.parse('2004-04-30T14:25:34Z'))
    assert.equal(ca.notAfter, Date.parse('2005-04-30T14:25:34Z'))
    assert.equal(ca.isCa, true)
    assert.deepEqual([...(ca.keyUsage ?? [])], ['keyCertSign', 'cRLSign'])
    assert.equal(ca.subjectKeyId, '0868af8533c8394a7af882938e706a4a20842c32')
    assert.ok(ca.issuer.equals(ca.subject))
    assert.match(nameText(ca.subject), /CN=Example CA$/)
  })

  it('reads the end entity of RFC 5280 C.2, and ties it to its CA', () => {
    const leaf = only('rfc5280-c2.pem')
    assert.equal(leaf.der.length, 629)
    assert.equal(leaf.serial, '12')
    assert.equal(leaf.isCa, false)
    assert.equal(leaf.otherNames, 1)
    assert.deepEqual(leaf.uris, [])
    assert.deepEqual([...(leaf.keyUsage ?? [])], ['digitalSignature', 'nonRepudiation'])
    assert.equal(leaf.authorityKeyId, only('rfc5280-c1.pem').subjectKeyId)
  })

  it('takes neither RSA of 1024 bits nor SHA-1, with which C.1 and C.2 are made', () => {
    const ca = only('rfc5280-c1.pem')
    const leaf = only('rfc5280-c2.pem')
    assert.equal(leaf.keyKind, undefined)
    assert.equal(leaf.keyDescription, 'rsaEncryption, 1024 bits')
    assert.equal(isSignedBy(ca.publicKey, leaf.signatureAlgorithm, leaf.tbs, leaf.signature), false)
  })

  it('reads the DSA end entity of RFC 5280 C.3', () => {
    const leaf = only('rfc5280-c3.pem')
    assert.equal(leaf.serial, '100')
    assert.deepEqual(leaf.uris, ['http://www.example.com/users/DSAendentity.html'])
    assert.deepEqual(leaf.policies, ['2.16.840.1.101.3.2.1.48.9'])
    assert.deepEqual([...(leaf.keyUsage ?? [])], ['digitalSignature'])
    assert.equal(leaf.keyKind, undefined)
  })

  it('reads and verifies the certificate of RFC 7468 §5.1, ignoring what stands before it', () => {
    const ca = only('rfc7468-5.1.pem')
    assert.equal(ca.serial, '0')
    assert.equal(ca.keyKind, 'ec-p256')
    assert.ok(isSignedBy(ca.publicKey, ca.signatureAlgorithm, ca.tbs, ca.signature))
  })

  it('reads the request of RFC 7468 §7, and refuses its curve, which is P-224', () => {
    const der = derOfPem(fixture('rfc/rfc7468-7-request.pem'))
    assert.throws(
      () => parseSigningRequest(der, { keyKinds: ['ec-p256', 'ec-p384'] }),
      (error) =>
        isProblem(error) &&
        error.code === 'csr_key_not_allowed' &&
        error.found === 'ecPublicKey, curve 1.3.132.0.33',
    )
  })
})
