import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { extensions } from '../src/issue/build-certificate.ts'
import {
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../src/der/der-writer.ts'
import { encodeFacts } from '../src/device-extensions.ts'
import { oids } from '../src/oids.ts'
import { encodeDistributionPoints } from '../src/revocation/distribution-point.ts'
import { generateKey } from '../src/signing-key.ts'
import { checkDeviceCertificate } from '../src/verify-device-certificate.ts'
import { dnsName, extension, uriName, wholeDevice } from './forge.ts'
import { testDevice, testDeviceCa, testRoot } from './test-authority.ts'
import { named, prepareExamination } from './examined-devices.ts'

const { root, ca, partner, developmentCa, bundle, changed, accept, refuse } =
  await prepareExamination()

const published = {
  certificateLists: ['http://status.example.com/crl/1.crl'],
  ocsp: ['http://status.example.com/ocsp'],
  issuerCertificates: ['http://status.example.com/ca/1.cer'],
}

describe('what is checked of a device certificate', () => {
  it('accepts the certificate that the tests below break', () => {
    assert.equal(accept(changed({})).uri, wholeDevice)
  })

  it('accepts one that says where its status is published', () => {
    const addressed = changed({
      noRevAvail: extensions.certificateLists(published),
      information: extensions.authorityInformation(published),
    })
    assert.equal(accept(addressed).uri, wholeDevice)
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
        return changed({}, forger)
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
        changed({ names: named(uriName(wholeDevice), uriName('spiffe://example.com/admin')) }),
      check: 'one-uri',
      code: 'device_certificate_identity_invalid',
      expected: /exactly one/,
      found: /^2: spiffe:.*, spiffe:\/\/example\.com\/admin$/,
    },
    {
      why: 'no URI',
      build: () => changed({ names: named(dnsName('example.com')) }),
      check: 'one-uri',
      code: 'device_certificate_identity_invalid',
      expected: /exactly one/,
      found: /^none$/,
    },
    {
      why: 'a URI and a DNS name',
      build: () => changed({ names: named(uriName(wholeDevice), dnsName('example.com')) }),
      check: 'other-names',
      code: 'device_certificate_identity_invalid',
      expected: /no name but the URI/,
      found: /1 other/,
    },
    {
      why: 'a foreign trust domain',
      build: () =>
        changed({
          names: named(uriName(wholeDevice.replace('example.com', 'bank.example'))),
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
      build: () => changed({ names: named(uriName(wholeDevice.replace('wallet', 'admin'))) }),
      check: 'app',
      code: 'device_certificate_identity_invalid',
      expected: /^wallet$/,
      found: /^admin$/,
    },
    {
      why: 'a path that is not that of a device',
      build: () => changed({ names: named(uriName('spiffe://example.com/gateway/g1')) }),
      check: 'device-uri',
      code: 'device_certificate_identity_invalid',
      expected: /\/app\/wallet\/device\/<device>/,
      found: /gateway\/g1/,
    },
    {
      why: 'our policies under a CA that is not our own',
      build: () => changed({ names: named(uriName('spiffe://partner.example/phone')) }, partner),
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
            names: named(uriName('spiffe://partner.example/phone')),
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
    {
      why: 'neither addresses of its status nor the word that there are none',
      build: () => changed({ noRevAvail: null }),
      check: 'status-addresses',
      code: 'device_certificate_malformed',
      expected: /noRevAvail, or the addresses/,
      found: /^neither$/,
    },
    {
      why: 'both addresses of its status and the word that there are none',
      build: () => changed({ lists: extensions.certificateLists(published) }),
      check: 'status-addresses',
      code: 'device_certificate_malformed',
      expected: /noRevAvail, or the addresses/,
      found: /^noRevAvail and addresses$/,
    },
    {
      why: 'the address of a list alone',
      build: () => changed({ noRevAvail: extensions.certificateLists(published) }),
      check: 'status-addresses',
      code: 'device_certificate_malformed',
      expected: /noRevAvail, or the addresses/,
      found: /^neither$/,
    },
    {
      why: 'addresses that cannot be read',
      build: () =>
        changed({
          noRevAvail: extensions.certificateLists(published),
          information: extension(oids.authorityInfoAccess, derSequence()),
        }),
      check: 'status-addresses',
      code: 'device_certificate_malformed',
      expected: /noRevAvail, or the addresses/,
      found: /accessDescription missing/,
    },
    {
      why: 'addresses that must be looked at, since no gateway does',
      build: () =>
        changed({
          lists: extension(
            oids.cRLDistributionPoints,
            encodeDistributionPoints(['http://a']),
            true,
          ),
        }),
      check: 'critical-extensions',
      code: 'device_certificate_extension_unknown',
      expected: /no critical extension/,
      found: /^2\.5\.29\.31$/,
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
})
