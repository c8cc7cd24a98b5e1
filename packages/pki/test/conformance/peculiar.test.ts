import 'reflect-metadata'
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509'
import type { Certificate } from '../../src/certificate.ts'
import { keyUsages } from '../../src/certificate-extensions.ts'
import {
  issueGatewayCertificate,
  issueServerCertificate,
} from '../../src/issue/issue-service-certificate.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { createSigningRequest, parseSigningRequest } from '../../src/signing-request.ts'
import { issuerOf, testDevice, testDeviceCa, testRoot } from '../test-authority.ts'

describe('@peculiar/x509 reads what we read', () => {
  const certificates = new Map<string, Certificate>()

  before(async () => {
    const root = await testRoot('device', 'rsa-2048')
    const ca = await testDeviceCa(root, { keyKind: 'ec-p384' })
    const service = await testRoot('service')
    const { spki } = signingKeyOf(await generateKey('ec-p256'))
    const common = { issuer: issuerOf(service), spki, now: Date.now(), days: 30 }
    certificates.set('root', root.certificate)
    certificates.set('issuing CA', ca.certificate)
    certificates.set('device', (await testDevice(ca)).certificate)
    certificates.set('RSA device', (await testDevice(ca, { keyKind: 'rsa-3072' })).certificate)
    const names = [
      'api.example.com',
      '*.example.com',
      '127.0.0.1',
      '::1',
      '2001:db8::ffff:192.0.2.1',
    ]
    certificates.set('server', await issueServerCertificate({ ...common, names }))
    certificates.set(
      'gateway',
      await issueGatewayCertificate({ ...common, trustDomain: 'example.com', name: 'gateway-1' }),
    )
  })

  for (const name of ['root', 'issuing CA', 'device', 'RSA device', 'server', 'gateway']) {
    it(`reads the same values out of the certificate of a ${name}`, () => {
      const certificate = certificates.get(name)
      assert.ok(certificate !== undefined)
      assertSame(certificate)
    })
  }

  it('reads the names of a server as they were asked for', () => {
    const der = certificates.get('server')?.der
    assert.ok(der !== undefined)
    const names = new X509Certificate(der).getExtension(SubjectAlternativeNameExtension)
    assert.deepEqual(
      names?.names.items.map(({ type, value }) => `${type} ${value}`),
      [
        'dns api.example.com',
        'dns *.example.com',
        'ip 127.0.0.1',
        'ip ::1',
        'ip 2001:db8::ffff:c000:201',
      ],
    )
  })

  it('verifies the signing request that we make', async () => {
    const der = createSigningRequest(await generateKey('ec-p256'), { subject: 'a phone' })
    const request = new Pkcs10CertificateRequest(new Uint8Array(der))
    assert.ok(await request.verify())
    assert.equal(request.subject, 'CN=a phone')
    const { spki } = parseSigningRequest(der, { keyKinds: ['ec-p256'] })
    assert.deepEqual(Buffer.from(request.publicKey.rawData), spki)
  })
})

function assertSame(certificate: Certificate): void {
  const oracle = new X509Certificate(new Uint8Array(certificate.der))
  assert.equal(certificate.serial, oracle.serialNumber.replace(/^0+(?=.)/, ''))
  assert.equal(certificate.notBefore, oracle.notBefore.getTime())
  assert.equal(certificate.notAfter, oracle.notAfter.getTime())
  assert.deepEqual(certificate.spki, Buffer.from(oracle.publicKey.rawData))
  assert.deepEqual(certificate.subject, Buffer.from(oracle.subjectName.toArrayBuffer()))
  assert.deepEqual(certificate.issuer, Buffer.from(oracle.issuerName.toArrayBuffer()))
  assert.deepEqual(
    [...certificate.extensions].map(([oid, { critical }]) => [oid, critical]),
    [...oracle.extensions].map(({ type, critical }) => [type, critical]),
  )

  const constraints = oracle.getExtension(BasicConstraintsExtension)
  assert.equal(certificate.isCa, constraints?.ca)
  assert.equal(certificate.pathLength, constraints?.pathLength)
  assert.equal(
    flagsOf(certificate.keyUsage ?? new Set()),
    oracle.getExtension(KeyUsagesExtension)?.usages,
  )
  assert.deepEqual(
    certificate.extendedKeyUsage ?? [],
    Array.from(oracle.getExtension(ExtendedKeyUsageExtension)?.usages ?? []),
  )
  const names = oracle.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const uris = names.filter(({ type }) => type === 'url').map(({ value }) => value)
  assert.deepEqual(certificate.uris, uris)
  assert.equal(certificate.otherNames, names.length - uris.length)
  assert.deepEqual(
    certificate.policies,
    Array.from(oracle.getExtension(CertificatePolicyExtension)?.policies ?? []),
  )
  assert.equal(certificate.subjectKeyId, oracle.getExtension(SubjectKeyIdentifierExtension)?.keyId)
  assert.equal(
    certificate.authorityKeyId,
    oracle.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
  )
}

/** KeyUsageFlags are the bits by position, the first one the lowest. */
function flagsOf(usages: ReadonlySet<string>): number {
  return keyUsages.reduce<number>(
    (flags, usage, bit) => flags | (usages.has(usage) ? 1 << bit : 0),
    0,
  )
}
