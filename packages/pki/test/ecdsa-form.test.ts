import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Certificate } from '../src/certificate.ts'
import { readDer } from '../src/der/der-cursor.ts'
import { integerBytesOf } from '../src/der/der-value.ts'
import { derBitString, derInteger, derSequence } from '../src/der/der-writer.ts'
import { tags } from '../src/der/tag.ts'
import { canonicalSignature, isCanonicalSignature } from '../src/ecdsa-form.ts'
import { verifyDeviceCertificate } from '../src/verify-device-certificate.ts'
import { signatureAlgorithmIdentifier } from '../src/signature-algorithm.ts'
import { signingKeyOf, generateKey } from '../src/signing-key.ts'
import {
  bundleOf,
  foreignIssuer,
  ownIssuer,
  testDevice,
  testDeviceCa,
  testRoot,
} from './test-authority.ts'

const orders = {
  'ec-p256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'ec-p384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
} as const
type Curve = keyof typeof orders

/** The second signature that anybody can make of one. */
function twinOf(signature: Buffer, curve: Curve): Buffer {
  const value = readDer(signature).enter('ECDSA-Sig-Value')
  const r = value.next(tags.integer).whole
  const s = BigInt(`0x${integerBytesOf(value.next(tags.integer)).toString('hex')}`)
  const hexadecimal = (orders[curve] - s).toString(16)
  const even = hexadecimal.length % 2 === 0 ? hexadecimal : `0${hexadecimal}`
  return derSequence(r, derInteger(Buffer.from(even, 'hex')))
}

const twinCertificate = ({ tbs, signature }: Certificate, curve: Curve): Buffer =>
  derSequence(tbs, signatureAlgorithmIdentifier(curve), derBitString(twinOf(signature, curve)))

describe('the one form of a signature', () => {
  for (const curve of ['ec-p256', 'ec-p384'] as const) {
    it(`a twin of a certificate under ${curve}, with another thumbprint, is refused`, async () => {
      const ca = await testDeviceCa(await testRoot(), { keyKind: curve })
      for (let round = 0; round < 8; round++) {
        const { certificate } = await testDevice(ca)
        assert.ok(verifyDeviceCertificate(certificate.der, bundleOf(ownIssuer(ca))).ok)
        const twin = twinCertificate(certificate, curve)
        // To OpenSSL it is as good as the first.
        assert.ok(new X509Certificate(twin).verify(ca.certificate.publicKey))
        const verification = verifyDeviceCertificate(twin, bundleOf(ownIssuer(ca)))
        assert.ok(!verification.ok)
        assert.equal(verification.failed.check, 'signature-form')
        assert.equal(verification.failed.code, 'device_certificate_signature_invalid')
      }
    })

    it(`either signature of ${curve} becomes the same one, which verifies`, async () => {
      const key = signingKeyOf(await generateKey(curve))
      for (let round = 0; round < 16; round++) {
        const signature = await key.sign(Buffer.from(`round ${round}`))
        const one = canonicalSignature(signature, curve)
        assert.deepEqual(canonicalSignature(twinOf(signature, curve), curve), one)
        assert.ok(isCanonicalSignature(one, curve))
        assert.ok(!isCanonicalSignature(twinOf(one, curve), curve))
      }
    })
  }

  it('other CAs sign in either form: their certificates are not in our lists', async () => {
    const ca = await testDeviceCa(await testRoot(), { trustDomain: 'partner.example' })
    const { certificate } = await testDevice(ca, { trustDomain: 'partner.example' })
    const twin = twinCertificate(certificate, 'ec-p256')
    const verification = verifyDeviceCertificate(twin, bundleOf(foreignIssuer(ca)))
    const failed = verification.ok ? undefined : verification.failed.check
    assert.notEqual(failed, 'signature-form')
  })

  it('what is no signature has no form', () => {
    for (const bytes of ['', '3000', '30030201', '3006020101020101ff', '0500']) {
      assert.equal(isCanonicalSignature(Buffer.from(bytes, 'hex'), 'ec-p256'), false)
    }
    assert.equal(isCanonicalSignature(Buffer.alloc(256), 'rsa-2048'), true)
    assert.equal(isCanonicalSignature(Buffer.alloc(256), undefined), false)
  })
})
