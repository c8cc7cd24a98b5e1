import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { extensions } from '../src/issue/build-certificate.ts'
import { type Certificate, parseCertificate } from '../src/certificate.ts'
import { derNull } from '../src/der/der-writer.ts'
import { isIssuedBy } from '../src/issued-by.ts'
import { oids } from '../src/oids.ts'
import { prepareExamination } from './examined-devices.ts'
import { extensionField, forge } from './forge.ts'
import { bundleOf, ownIssuer, testDeviceCa } from './test-authority.ts'

const { root, ca, changed, accept, refuse } = await prepareExamination()

/** What is found where the issuing CA, as a file may bring it, differs in these members. */
const refuseUnder = (members: Partial<Certificate>) =>
  refuse(
    changed({}),
    bundleOf(ownIssuer({ ...ca, certificate: { ...ca.certificate, ...members } })),
  )
const withExtension = (oid: string, value: Buffer) =>
  new Map([...ca.certificate.extensions, [oid, { critical: true, value }]])

describe('an issuer of a trust bundle', () => {
  it('that is no CA is not believed', () => {
    const failed = refuseUnder({ isCa: false })
    assert.equal(failed.code, 'device_certificate_untrusted')
    assert.equal(failed.found, 'cA false')
  })
  it('whose key may not sign certificates is not believed', () => {
    const failed = refuseUnder({ keyUsage: new Set(['cRLSign']) })
    assert.equal(failed.found, 'key usage without keyCertSign')
  })
  it('with a critical extension that is not understood is not believed', () => {
    const failed = refuseUnder({ extensions: withExtension('2.5.29.36', derNull()) })
    assert.equal(failed.found, 'critical extensions not understood: 2.5.29.36')
  })
  it('with a weak key is not believed', () => {
    const failed = refuseUnder({ keyKind: undefined, keyDescription: 'rsaEncryption, 1024 bits' })
    assert.equal(failed.found, 'a key that is not accepted: rsaEncryption, 1024 bits')
  })
  it('whose key cannot be used costs its own certificates only', () => {
    const off = Buffer.from(ca.certificate.spki)
    off.fill(0x55, off.length - 32)
    const broken = parseCertificate(
      forge(root, off, {
        subject: ca.certificate.subject,
        rest: extensionField(extensions.authority(0), extensions.keyUsage('keyCertSign')),
      }),
    )
    const trust = bundleOf(ownIssuer({ ...ca, certificate: broken }), ownIssuer(ca))
    assert.equal(
      refuse(changed({}), bundleOf(...trust.issuers.slice(0, 1))).check,
      'issuer-authority',
    )
    accept(changed({}), trust)
  })
  it('whose name constraints cannot be read is not believed', () => {
    const failed = refuseUnder({ extensions: withExtension(oids.nameConstraints, derNull()) })
    assert.equal(failed.check, 'name-constraints')
    assert.match(failed.expected, /can be read/)
  })
})

describe('whether a certificate is issued by another', () => {
  it('is told by name and signature', async () => {
    assert.equal(isIssuedBy(ca.certificate, root.certificate), true)
    assert.equal(isIssuedBy(root.certificate, root.certificate), true)
    assert.equal(isIssuedBy(root.certificate, ca.certificate), false)
    const sameName = await testDeviceCa(root)
    const child = await testDeviceCa(sameName, { appId: 'child' })
    assert.ok(child.certificate.issuer.equals(ca.certificate.subject))
    assert.equal(isIssuedBy(child.certificate, ca.certificate), false)
  })
})
