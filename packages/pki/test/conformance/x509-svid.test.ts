import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { derNamedBits, derSequence } from '../../src/der/der-writer.ts'
import { extensions } from '../../src/issue/build-certificate.ts'
import type { Certificate } from '../../src/certificate.ts'
import { oids } from '../../src/oids.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { parseSpiffeId } from '../../src/spiffe-id.ts'
import { verifyDeviceCertificate } from '../../src/verify-device-certificate.ts'
import { extension, extensionField, forge, leafExtensions, uriName } from '../forge.ts'
import {
  bundleOf,
  foreignIssuer,
  type TestCa,
  testDevice,
  testDeviceCa,
  testRoot,
} from '../test-authority.ts'

// The X.509 SPIFFE Verifiable Identity Document, github.com/spiffe/spiffe standards/X509-SVID.md.
// Every MUST and MUST NOT that speaks of certificates or of validating them, in the order of the text.

describe('X509-SVID', () => {
  let root: TestCa
  let ca: TestCa
  let leaf: Certificate
  let foreign: TestCa
  let spki: Buffer
  let count = 0

  before(async () => {
    root = await testRoot()
    ca = await testDeviceCa(root)
    leaf = (await testDevice(ca)).certificate
    foreign = await testDeviceCa(await testRoot(), { trustDomain: 'partner.example' })
    spki = signingKeyOf(await generateKey('ec-p256')).spki
  })

  const must = (clause: string, requirement: string, check: () => void) => {
    it(`${clause} ${requirement}`, check)
    count++
  }

  /** How our validator answers to an SVID of another trust domain with these changes. */
  const validate = (changes: Readonly<Record<string, Buffer | null>>) => {
    const der = forge(foreign, spki, {
      rest: extensionField(
        ...leafExtensions(foreign.certificate, spki, {
          names: names('spiffe://partner.example/workload'),
          policies: null,
          ...changes,
        }),
      ),
    })
    const verification = verifyDeviceCertificate(der, bundleOf(foreignIssuer(foreign)))
    return verification.ok ? 'accepted' : verification.failed.check
  }
  const names = (...uris: string[]) =>
    extension(oids.subjectAlternativeName, derSequence(...uris.map(uriName)), true)
  const keyUsage = (...bits: number[]) => extension(oids.keyUsage, derNamedBits(bits), true)

  const pathOf = (certificate: Certificate) => parseSpiffeId(certificate.uris[0] ?? '')?.path

  it('accepts the SVID that the tests below break', () => {
    assert.equal(validate({}), 'accepted')
  })

  must('§2', 'an SVID MUST contain exactly one URI SAN: leaf', () => {
    assert.equal(leaf.uris.length, 1)
    assert.ok(parseSpiffeId(leaf.uris[0] ?? '') !== undefined)
  })
  must('§2', 'an SVID MUST contain exactly one URI SAN: signing certificate', () => {
    assert.deepEqual(ca.certificate.uris, ['spiffe://example.com'])
  })
  must('§2', 'a validator MUST reject more than one URI SAN', () => {
    const two = names('spiffe://partner.example/a', 'spiffe://partner.example/b')
    assert.equal(validate({ names: two }), 'one-uri')
  })
  must('§2', 'a validator finds exactly one SPIFFE ID or rejects', () => {
    assert.equal(validate({ names: null }), 'one-uri')
  })
  must('§3.1', 'the SPIFFE ID of a leaf MUST have a path that is not the root', () => {
    assert.match(pathOf(leaf) ?? '', /^\/app\/wallet\/device\/dev_/)
  })
  must('§3.1', 'the SAN MUST be critical where the subject is omitted', () => {
    assert.deepEqual(leaf.subject, derSequence())
    assert.equal(leaf.extensions.get(oids.subjectAlternativeName)?.critical, true)
  })
  must('§3.2', 'the SPIFFE ID of a signing certificate MUST NOT have a path', () => {
    assert.equal(pathOf(ca.certificate), '')
  })
  must('§3.2', 'signing certificates MUST NOT be used for authentication', () => {
    const verification = verifyDeviceCertificate(foreign.certificate.der, {
      ...bundleOf(foreignIssuer(foreign), foreignIssuer(root)),
    })
    assert.equal(verification.ok, false)
    assert.equal(ca.certificate.keyUsage?.has('digitalSignature'), false)
  })
  must('§4.1', 'signing certificates MUST set cA', () => {
    assert.equal(root.certificate.isCa, true)
    assert.equal(ca.certificate.isCa, true)
  })
  must('§4.1', 'leaf certificates MUST NOT set cA', () => {
    assert.equal(leaf.isCa, false)
    assert.ok(leaf.extensions.has(oids.basicConstraints))
  })
  must('§4.2', 'name constraints, which MAY be there, confine URIs to the trust domain', () => {
    assert.equal(ca.certificate.extensions.get(oids.nameConstraints)?.critical, true)
  })
  must('§4.3', 'key usage MUST be set on all SVIDs', () => {
    for (const certificate of [root.certificate, ca.certificate, leaf]) {
      assert.ok(certificate.keyUsage !== undefined)
    }
  })
  must('§4.3', 'key usage MUST be marked critical', () => {
    for (const certificate of [root.certificate, ca.certificate, leaf]) {
      assert.equal(certificate.extensions.get(oids.keyUsage)?.critical, true)
    }
  })
  must('§4.3', 'signing certificates MUST set keyCertSign', () => {
    assert.ok(root.certificate.keyUsage?.has('keyCertSign'))
    assert.ok(ca.certificate.keyUsage?.has('keyCertSign'))
  })
  must('§4.3', 'leaf certificates MUST set digitalSignature', () => {
    assert.ok(leaf.keyUsage?.has('digitalSignature'))
  })
  must('§4.3', 'leaf certificates MUST NOT set keyCertSign or cRLSign', () => {
    assert.equal(leaf.keyUsage?.has('keyCertSign'), false)
    assert.equal(leaf.keyUsage?.has('cRLSign'), false)
  })

  // Departure: "When included, fields id-kp-serverAuth and id-kp-clientAuth MUST be set." A phone
  // must never be a server, whoever holds its key: ours have clientAuth alone.
  must('§4.4', 'DEPARTURE: extended key usage MUST have serverAuth too, ours has not', () => {
    assert.deepEqual(leaf.extendedKeyUsage, [oids.clientAuth])
  })
  must('§4.4', 'SVIDs of other trust domains with both usages are accepted', () => {
    const both = extension(
      oids.extendedKeyUsage,
      derSequence(
        Buffer.from('06082b06010505070301', 'hex'),
        Buffer.from('06082b06010505070302', 'hex'),
      ),
    )
    assert.equal(validate({ extendedKeyUsage: both }), 'accepted')
  })

  must('§5.2', 'the validator MUST ensure that cA is false', () => {
    assert.equal(validate({ basicConstraints: extensions.authority(0) }), 'basic-constraints')
  })
  must('§5.2', 'the validator MUST ensure that keyCertSign and cRLSign are not set', () => {
    assert.equal(validate({ keyUsage: keyUsage(0, 5) }), 'key-usage')
    assert.equal(validate({ keyUsage: keyUsage(0, 6) }), 'key-usage')
  })
  must('§5.2', 'the validator MUST ensure that the scheme is spiffe', () => {
    assert.equal(validate({ names: names('https://partner.example/workload') }), 'trust-domain')
  })
  must('§5.2', 'the validator MUST ensure that the path is not the root', () => {
    assert.equal(validate({ names: names('spiffe://partner.example') }), 'trust-domain')
    assert.equal(validate({ names: names('spiffe://partner.example/') }), 'trust-domain')
  })

  it('states every requirement of the text', (t) => {
    t.diagnostic(`${count} requirements of X509-SVID`)
    assert.equal(count, 22)
  })
})
