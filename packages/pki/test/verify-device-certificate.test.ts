import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { toBase32 } from '@sallyport/wire'
import fc from 'fast-check'
import { extensions } from '../src/build-certificate.ts'
import { derTime } from '../src/der/der-time.ts'
import {
  derContext,
  derContextPrimitive,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../src/der/der-writer.ts'
import { encodeFacts } from '../src/device-extensions.ts'
import { oids } from '../src/oids.ts'
import { generateKey, signingKeyOf } from '../src/signing-key.ts'
import type { TrustBundle } from '../src/trust-bundle.ts'
import {
  checkDates,
  checkDeviceCertificate,
  verifyDeviceCertificate,
} from '../src/verify-device-certificate.ts'
import {
  dnsName,
  extension,
  extensionField,
  type ForgedParts,
  forge,
  leafExtensions,
  uriName,
  wholeDevice,
} from './forge.ts'
import {
  bundleOf,
  dayMs,
  foreignIssuer,
  ownIssuer,
  type TestCa,
  testDevice,
  testDeviceCa,
  testRoot,
} from './test-authority.ts'

describe('verifying a device certificate', () => {
  let root: TestCa
  let ca: TestCa
  let partner: TestCa
  let developmentCa: TestCa
  let spki: Buffer
  let bundle: TrustBundle

  before(async () => {
    root = await testRoot()
    ca = await testDeviceCa(root)
    partner = await testDeviceCa(await testRoot(), { trustDomain: 'partner.example' })
    developmentCa = await testDeviceCa(await testRoot('development'), {
      trustDomain: 'dev.example.com',
      kind: 'development',
    })
    spki = signingKeyOf(await generateKey('ec-p256')).spki
    bundle = bundleOf(ownIssuer(ca), foreignIssuer(partner), {
      certificate: developmentCa.certificate,
      own: true,
      kind: 'development',
      trustDomain: 'dev.example.com',
      appId: 'wallet',
    })
  })

  const names = (...names: Buffer[]) =>
    extension(oids.subjectAlternativeName, derSequence(...names), true)
  const changed = (
    changes: Readonly<Record<string, Buffer | null>>,
    issuer: TestCa = ca,
    parts: Partial<ForgedParts> = {},
  ) =>
    forge(issuer, spki, {
      ...parts,
      rest: extensionField(...leafExtensions(issuer.certificate, parts.spki ?? spki, changes)),
    })
  const accept = (der: Uint8Array, trust = bundle) => {
    const verification = verifyDeviceCertificate(der, trust)
    assert.ok(verification.ok, JSON.stringify(verification))
    return verification.device
  }
  const refuse = (der: Uint8Array, trust = bundle) => {
    const verification = verifyDeviceCertificate(der, trust)
    assert.ok(!verification.ok)
    return verification.failed
  }

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
    const device = accept(changed({ names: names(uriName(uri)), policies: null }, partner))
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

  it('accepts the certificate that the tests below break', () => {
    assert.equal(accept(changed({})).uri, wholeDevice)
  })

  type Broken = {
    why: string
    build: () => Uint8Array | Promise<Uint8Array>
    check: string
    code: string
    expected: RegExp
    found: RegExp
  }
  const broken: readonly Broken[] = [
    {
      why: 'bytes that are no certificate',
      build: () => Buffer.from('not a certificate'),
      check: 'encoding',
      code: 'device_certificate_malformed',
      expected: /X\.509 version 3/,
      found: /expected sequence/,
    },
    {
      why: 'a certificate of a stranger CA',
      build: async () => {
        const stranger = await testDeviceCa(await testRoot(), { appId: 'other' })
        return (await testDevice(stranger)).certificate.der
      },
      check: 'issuer',
      code: 'device_certificate_untrusted',
      expected: /^CN=Device CA wallet, example\.com or CN=Device CA wallet, partner/,
      found: /^CN=Device CA other, example\.com, key [0-9a-f]{40}$/,
    },
    {
      why: 'a stranger CA that took the name of ours',
      build: async () => (await testDevice(await testDeviceCa(root))).certificate.der,
      check: 'issuer',
      code: 'device_certificate_untrusted',
      expected: /CN=Device CA wallet/,
      found: /CN=Device CA wallet, example\.com, key/,
    },
    {
      why: 'a certificate that names our CA and key, signed by another',
      build: async () => {
        const forger = { certificate: ca.certificate, key: await generateKey('ec-p256') }
        return forge(forger, spki)
      },
      check: 'signature',
      code: 'device_certificate_signature_invalid',
      expected: /a signature by CN=Device CA wallet, example\.com/,
      found: /does not verify/,
    },
    {
      why: 'a certificate of which a byte was changed',
      build: () => {
        const der = changed({})
        const at = der.indexOf('dev_aaaa') + 4
        der.write('b', at, 'latin1')
        return der
      },
      check: 'signature',
      code: 'device_certificate_signature_invalid',
      expected: /a signature by/,
      found: /does not verify/,
    },
    {
      why: 'a signature with SHA-1',
      build: () =>
        changed({}, ca, {
          innerAlgorithm: derSequence(derOid('1.2.840.10045.4.1')),
          hash: 'sha1',
        }),
      check: 'signature-algorithm',
      code: 'device_certificate_signature_invalid',
      expected: /ecdsa-with-SHA256/,
      found: /^1\.2\.840\.10045\.4\.1$/,
    },
    {
      why: 'extended key usage serverAuth',
      build: () => changed({ extendedKeyUsage: extensions.extendedKeyUsage(oids.serverAuth) }),
      check: 'client-authentication',
      code: 'device_certificate_usage_invalid',
      expected: /clientAuth/,
      found: /^serverAuth$/,
    },
    {
      why: 'no extended key usage',
      build: () => changed({ extendedKeyUsage: null }),
      check: 'client-authentication',
      code: 'device_certificate_usage_invalid',
      expected: /clientAuth/,
      found: /no extended key usage/,
    },
    {
      why: 'clientAuth and serverAuth under our own CA',
      build: () =>
        changed({
          extendedKeyUsage: extension(
            oids.extendedKeyUsage,
            derSequence(derOid(oids.clientAuth), derOid(oids.serverAuth)),
          ),
        }),
      check: 'client-authentication-only',
      code: 'device_certificate_usage_invalid',
      expected: /clientAuth alone/,
      found: /^clientAuth, serverAuth$/,
    },
    {
      why: 'key usage without digitalSignature',
      build: () => changed({ keyUsage: extension(oids.keyUsage, derNamedBits([2]), true) }),
      check: 'key-usage',
      code: 'device_certificate_usage_invalid',
      expected: /digitalSignature/,
      found: /^keyEncipherment$/,
    },
    {
      why: 'no key usage',
      build: () => changed({ keyUsage: null }),
      check: 'key-usage',
      code: 'device_certificate_usage_invalid',
      expected: /digitalSignature/,
      found: /no key usage/,
    },
    {
      why: 'a CA',
      build: () => changed({ basicConstraints: extensions.authority(0) }),
      check: 'basic-constraints',
      code: 'device_certificate_usage_invalid',
      expected: /cA false/,
      found: /cA true/,
    },
    {
      why: 'two URIs',
      build: () =>
        changed({ names: names(uriName(wholeDevice), uriName('spiffe://example.com/admin')) }),
      check: 'one-uri',
      code: 'device_certificate_identity_invalid',
      expected: /exactly one/,
      found: /^2: spiffe:.*, spiffe:\/\/example\.com\/admin$/,
    },
    {
      why: 'no URI',
      build: () => changed({ names: names(dnsName('example.com')) }),
      check: 'one-uri',
      code: 'device_certificate_identity_invalid',
      expected: /exactly one/,
      found: /^none$/,
    },
    {
      why: 'a URI and a DNS name',
      build: () => changed({ names: names(uriName(wholeDevice), dnsName('example.com')) }),
      check: 'other-names',
      code: 'device_certificate_identity_invalid',
      expected: /no name but the URI/,
      found: /1 other/,
    },
    {
      why: 'a foreign trust domain',
      build: () =>
        changed({
          names: names(uriName(wholeDevice.replace('example.com', 'bank.example'))),
        }),
      check: 'trust-domain',
      code: 'device_certificate_identity_invalid',
      expected: /spiffe:\/\/example\.com/,
      found: /spiffe:\/\/bank\.example/,
    },
    {
      why: 'a partner naming our trust domain',
      build: () => changed({ policies: null }, partner),
      check: 'trust-domain',
      code: 'device_certificate_identity_invalid',
      expected: /spiffe:\/\/partner\.example/,
      found: /spiffe:\/\/example\.com/,
    },
    {
      why: 'another app of this deployment',
      build: () => changed({ names: names(uriName(wholeDevice.replace('wallet', 'admin'))) }),
      check: 'app',
      code: 'device_certificate_identity_invalid',
      expected: /^wallet$/,
      found: /^admin$/,
    },
    {
      why: 'a path that is not that of a device',
      build: () => changed({ names: names(uriName('spiffe://example.com/gateway/g1')) }),
      check: 'device-uri',
      code: 'device_certificate_identity_invalid',
      expected: /\/app\/wallet\/device\/<device>/,
      found: /gateway\/g1/,
    },
    {
      why: 'our policies under a CA that is not our own',
      build: () => changed({ names: names(uriName('spiffe://partner.example/phone')) }, partner),
      check: 'own-extensions',
      code: 'device_certificate_extension_forbidden',
      expected: /none of Sallyport/,
      found: /^policy tee$/,
    },
    {
      why: 'our facts under a CA that is not our own',
      build: () =>
        changed(
          {
            names: names(uriName('spiffe://partner.example/phone')),
            policies: null,
            facts: extensions.facts(
              encodeFacts({ platform: 'ios', appVersion: '9', appraisedAt: 0 }),
            ),
          },
          partner,
        ),
      check: 'own-extensions',
      code: 'device_certificate_extension_forbidden',
      expected: /none of Sallyport/,
      found: /^facts$/,
    },
    {
      why: 'a critical extension that nobody knows',
      build: () => changed({ more: extension('1.2.3.4', derNull(), true) }),
      check: 'critical-extensions',
      code: 'device_certificate_extension_unknown',
      expected: /no critical extension/,
      found: /^1\.2\.3\.4$/,
    },
    {
      why: 'an Ed25519 key',
      build: () =>
        changed({ subjectKeyIdentifier: null }, ca, {
          spki: derSequence(
            derSequence(derOid('1.3.101.112')),
            Buffer.concat([Buffer.from('032100', 'hex'), Buffer.alloc(32, 7)]),
          ),
        }),
      check: 'key',
      code: 'device_certificate_key_invalid',
      expected: /P-256/,
      found: /1\.3\.101\.112/,
    },
    {
      why: 'a development device',
      build: async () =>
        (await testDevice(developmentCa, { trustDomain: 'dev.example.com' })).certificate.der,
      check: 'development',
      code: 'device_certificate_development',
      expected: /not for development/,
      found: /CN=Development CA wallet.*with the development policy/,
    },
    {
      why: 'the development policy under a CA for real devices',
      build: () => changed({ policies: extensions.policies(oids.developmentPolicy) }),
      check: 'development',
      code: 'device_certificate_development',
      expected: /not for development/,
      found: /with the development policy/,
    },
    {
      why: 'no assurance',
      build: () => changed({ policies: null }),
      check: 'assurance',
      code: 'device_certificate_malformed',
      expected: /exactly one/,
      found: /^none$/,
    },
    {
      why: 'two assurances',
      build: () =>
        changed({
          policies: extensions.policies(
            oids.assurancePolicies.software,
            oids.assurancePolicies.strongbox,
          ),
        }),
      check: 'assurance',
      code: 'device_certificate_malformed',
      expected: /exactly one/,
      found: /^software, strongbox$/,
    },
    {
      why: 'facts that cannot be read',
      build: () => changed({ facts: extensions.facts(derSequence(derNull())) }),
      check: 'facts',
      code: 'device_certificate_malformed',
      expected: /device facts/,
      found: /facts version: expected integer/,
    },
    {
      why: 'five predecessors',
      build: () =>
        changed({
          predecessors: extensions.predecessors(
            derSequence(...Array.from({ length: 5 }, () => derOctetString(Buffer.alloc(32)))),
          ),
        }),
      check: 'predecessors',
      code: 'device_certificate_malformed',
      expected: /at most four/,
      found: /at most 4 of 32 bytes/,
    },
  ]
  for (const { why, build, check, code, expected, found } of broken) {
    it(`refuses ${why}`, async () => {
      const der = await build()
      const failed = refuse(der)
      assert.equal(failed.check, check)
      assert.equal(failed.code, code)
      assert.match(failed.expected, expected)
      assert.match(failed.found, found)
      // What explains is what decided.
      const checks = checkDeviceCertificate(der, bundle, { now: Date.now() })
      assert.deepEqual(
        checks.find((row) => row.check === check),
        failed,
      )
    })
  }

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
      { names: names(uriName('spiffe://bank.example/phone')), policies: null },
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
      names: names(uriName('https://x'), uriName('spiffe://y')),
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
    assert.ok(refuse(changed({ names: names(...many) })).found.length <= 310)
    const name = derContextPrimitive(6, Buffer.from(`spiffe://example.com/${'a'.repeat(4_000)}`))
    assert.ok(refuse(changed({ names: names(name) })).found.length <= 310)
    assert.ok(refuse(derContext(0, derNull())).found.length <= 310)
  })
})
