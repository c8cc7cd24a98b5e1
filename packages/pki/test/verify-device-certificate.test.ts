import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { toBase32 } from '@sallyport/wire'
import fc from 'fast-check'
import { derTime } from '../src/der/der-time.ts'
import { derContext, derContextPrimitive, derNull, derSequence } from '../src/der/der-writer.ts'
import {
  checkDates,
  checkDeviceCertificate,
  verifyDeviceCertificate,
} from '../src/verify-device-certificate.ts'
import { uriName } from './forge.ts'
import {
  bundleOf,
  dayMs,
  foreignIssuer,
  ownIssuer,
  testDevice,
  testDeviceCa,
  testRoot,
} from './test-authority.ts'
import { named, prepareExamination } from './examined-devices.ts'

const { root, ca, partner, developmentCa, bundle, changed, accept, refuse } =
  await prepareExamination()

describe('verifying a device certificate', () => {
  it('tells all about a device of this deployment', async () => {
    const now = Date.parse('2026-11-21T12:00:00Z')
    const issuedAt = { now: now - 60 * dayMs }
    const oldCa = await testDeviceCa(await testRoot('device', 'ec-p256', issuedAt.now), issuedAt)
    const predecessor = createHash('sha256').update('a').digest('base64url')
    const { certificate, deviceId } = await testDevice(oldCa, {
      now,
      assurance: 'strongbox',
      predecessors: [predecessor],
    })
    assert.deepEqual(accept(certificate.der, bundleOf(ownIssuer(oldCa))), {
      deviceId,
      appId: 'wallet',
      trustDomain: 'example.com',
      uri: `spiffe://example.com/app/wallet/device/${deviceId}`,
      assurance: 'strongbox',
      development: false,
      own: true,
      facts: {
        platform: 'android',
        appVersion: '2.4.1',
        osPatchLevel: '2026-11-01',
        appraisedAt: now,
      },
      predecessors: [predecessor],
      thumbprint: certificate.thumbprint,
      notBefore: now - 300_000,
      notAfter: now + 7 * dayMs,
      issuerSpki: oldCa.certificate.spkiSha256,
    })
  })

  it('gives a device of another CA an id from the key of that CA and the URI, and proves nothing', async () => {
    const uri = 'spiffe://partner.example/anything/at/all'
    const device = accept(changed({ names: named(uriName(uri)), policies: null }, partner))
    const digest = createHash('sha256').update(partner.certificate.spki).update(uri).digest()
    assert.equal(device.deviceId, `ext_${toBase32(digest.subarray(0, 16))}`)
    assert.equal(device.assurance, 'unattested')
    assert.equal(device.own, false)
    assert.equal(device.appId, undefined)
    assert.equal(device.facts, undefined)
    assert.deepEqual(device.predecessors, [])
  })

  it('believes development devices where they are allowed, and marks them', async () => {
    const { certificate } = await testDevice(developmentCa, {
      trustDomain: 'dev.example.com',
      assurance: 'software',
    })
    assert.equal(refuse(certificate.der).check, 'development')
    const device = accept(certificate.der, { ...bundle, allowDevelopment: true })
    assert.equal(device.development, true)
  })

  it('believes a certificate no longer than its issuer', () => {
    const { notAfter } = ca.certificate
    const validity = derSequence(derTime(Date.now()), derTime(notAfter + dayMs))
    assert.equal(accept(changed({}, ca, { validity })).notAfter, notAfter)
  })

  it('finds the right one of two keys of a CA under one name', async () => {
    const rekeyed = await testDeviceCa(root)
    const trust = bundleOf(ownIssuer(ca), ownIssuer(rekeyed))
    const { certificate } = await testDevice(rekeyed)
    assert.equal(accept(certificate.der, trust).issuerSpki, rekeyed.certificate.spkiSha256)
    const withoutKeyId = changed({ authorityKeyIdentifier: null }, rekeyed)
    assert.equal(accept(withoutKeyId, trust).issuerSpki, rekeyed.certificate.spkiSha256)
  })

  it('accepts RSA all the way', async () => {
    const rsaCa = await testDeviceCa(await testRoot(), { keyKind: 'rsa-2048' })
    const { certificate } = await testDevice(rsaCa, { keyKind: 'rsa-2048' })
    accept(certificate.der, bundleOf(ownIssuer(rsaCa)))
  })

  it('refuses an issuer that is no CA', () => {
    const trust = bundleOf({
      ...foreignIssuer(ca, 'example.com'),
      certificate: partner.certificate,
    })
    assert.equal(refuse(changed({}), trust).check, 'issuer')
    const leafAsCa = { key: ca.key, certificate: ca.certificate }
    const fake = { ...ca.certificate, isCa: false }
    assert.equal(
      refuse(changed({}, leafAsCa), bundleOf({ ...ownIssuer(ca), certificate: fake })).found,
      'cA false',
    )
  })

  it('refuses what the name constraints of a foreign CA do not permit, whatever the configuration says', () => {
    const der = changed(
      { names: named(uriName('spiffe://bank.example/phone')), policies: null },
      partner,
    )
    const failed = refuse(der, bundleOf(foreignIssuer(partner, 'bank.example')))
    assert.equal(failed.check, 'name-constraints')
    assert.match(failed.expected, /partner\.example/)
  })

  it('refuses every certificate where it trusts nobody', () => {
    assert.match(refuse(changed({}), bundleOf()).expected, /there is none/)
  })

  it('runs the checks to the end, with the dates', () => {
    const der = changed({
      keyUsage: null,
      names: named(uriName('https://x'), uriName('spiffe://y')),
      policies: null,
    })
    const checks = checkDeviceCertificate(der, bundle, { now: Date.now() + 30 * dayMs })
    const failed = checks.filter(({ ok }) => !ok).map(({ check }) => check)
    assert.deepEqual(failed, [
      'key-usage',
      'one-uri',
      'trust-domain',
      'device-uri',
      'app',
      'name-constraints',
      'assurance',
      'not-after',
    ])
    assert.ok(checks.every(({ ok, code }) => ok === (code === undefined)))
  })

  it('finds no fault with a good certificate', async () => {
    const { certificate } = await testDevice(ca)
    const checks = checkDeviceCertificate(certificate.der, bundle, { now: Date.now() })
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    )
    assert.ok(checks.length >= 20)
  })

  describe('the dates', () => {
    const device = { notBefore: 1_000_000, notAfter: 2_000_000 }
    it('hold at both ends', () => {
      assert.equal(checkDates(device, 1_000_000), undefined)
      assert.equal(checkDates(device, 2_000_000), undefined)
    })
    it('refuse the time before', () => {
      const check = checkDates(device, 999_999)
      assert.equal(check?.code, 'device_certificate_not_yet_valid')
      assert.equal(check.expected, 'valid from 1970-01-01T00:16:40.000Z')
      assert.equal(check.found, 'the time is 1970-01-01T00:16:39.999Z')
    })
    it('refuse the time after', () => {
      assert.equal(checkDates(device, 2_000_001)?.code, 'device_certificate_expired')
    })
  })

  it('never throws, and never accepts a certificate that was changed', async () => {
    const { certificate } = await testDevice(ca)
    const { der } = certificate
    const position = fc.nat({ max: der.length - 1 })
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = Buffer.from(der)
        bytes.writeUInt8(bytes.readUInt8(at) ^ difference, at)
        assert.equal(verifyDeviceCertificate(bytes, bundle).ok, false)
        checkDeviceCertificate(bytes, bundle, { now: 0 })
      }),
      { numRuns: 1_000 },
    )
  })

  it('tells at most some hundred characters of what came from outside', () => {
    const many = Array.from({ length: 300 }, (_, n) => uriName(`spiffe://example.com/${n}`))
    assert.ok(refuse(changed({ names: named(...many) })).found.length <= 310)
    const name = derContextPrimitive(6, Buffer.from(`spiffe://example.com/${'a'.repeat(4_000)}`))
    assert.ok(refuse(changed({ names: named(name) })).found.length <= 310)
    assert.ok(refuse(derContext(0, derNull())).found.length <= 310)
  })
})
