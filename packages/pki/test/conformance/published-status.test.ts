import 'reflect-metadata'
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import {
  AuthorityInfoAccessExtension,
  CRLDistributionPointsExtension,
  X509Certificate,
  X509Crl,
  X509CrlReason,
} from '@peculiar/x509'
import { buildOcspResponse, ocspFailure, type OcspStatus } from '../../src/ocsp/ocsp-response.ts'
import { issueResponderCertificate } from '../../src/issue/issue-delegate-certificate.ts'
import { parseOcspRequest } from '../../src/ocsp/ocsp-request.ts'
import { toPem } from '../../src/pem.ts'
import { buildCertificateList } from '../../src/revocation/build-certificate-list.ts'
import { parseCertificateList } from '../../src/revocation/certificate-list.ts'
import { revocationReasons, type RevocationReason } from '../../src/revocation/revocation-reason.ts'
import { encodeRevoked, type RevokedCertificate } from '../../src/revocation/revoked-entries.ts'
import type { KeyKind } from '../../src/key-kind.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { inScratch, run } from '../openssl.ts'
import { issuerOf, type TestCa, testDevice, testDeviceCa, testRoot } from '../test-authority.ts'

const shard = (number: number) => `http://status.example.com/crl/1/${number}.crl`
const published = (number: number) => ({
  certificateLists: [shard(number)],
  ocsp: ['http://status.example.com/ocsp'],
  issuerCertificates: ['http://status.example.com/ca/1.cer'],
})
const reasons = Object.keys(revocationReasons) as RevocationReason[]

describe('published status, as others read it', () => {
  let root: TestCa
  let ca: TestCa
  let good: X509
  let revoked: X509
  type X509 = Awaited<ReturnType<typeof testDevice>>['certificate']
  const now = Math.floor(Date.now() / 1_000) * 1_000

  before(async () => {
    root = await testRoot()
    ca = await testDeviceCa(root)
    good = (await testDevice(ca, { published: published(0) })).certificate
    revoked = (await testDevice(ca, { published: published(0) })).certificate
  })

  const list = (
    entries: readonly RevokedCertificate[],
    address?: string,
    times: { thisUpdate?: number; nextUpdate?: number } = {},
  ) =>
    buildCertificateList(issuerOf(ca), {
      number: 5,
      thisUpdate: times.thisUpdate ?? now - 60_000,
      nextUpdate: times.nextUpdate ?? now + 3_600_000,
      entries: encodeRevoked(entries),
      ...(address === undefined
        ? {}
        : { scope: { addresses: [address], onlyUserCertificates: true } }),
    })
  const both = () => [
    { serial: revoked.serial, revokedAt: now - 120_000, reason: 'keyCompromise' as const },
  ]

  it('@peculiar/x509 reads the same list', async () => {
    const entries = reasons.map((reason, index) => ({
      serial: (2n ** 127n + BigInt(index)).toString(16),
      revokedAt: now - index * 1_000,
      reason,
    }))
    const der = await list([...entries, { serial: '1', revokedAt: now }], shard(0))
    const read = new X509Crl(der)
    assert.deepEqual(
      read.entries.map(({ serialNumber, revocationDate, reason }) => [
        BigInt(`0x${serialNumber}`),
        revocationDate.getTime(),
        reason ?? X509CrlReason.unspecified,
      ]),
      [
        ...entries.map(({ serial, revokedAt, reason }) => [
          BigInt(`0x${serial}`),
          revokedAt,
          revocationReasons[reason],
        ]),
        [1n, now, 0],
      ],
    )
    assert.equal(read.nextUpdate?.getTime(), now + 3_600_000)
    assert.equal(await read.verify({ publicKey: new X509Certificate(ca.certificate.der) }), true)
    assert.equal(parseCertificateList(der).revoked.size, entries.length + 1)
  })

  it('@peculiar/x509 reads the same addresses of a certificate', () => {
    const read = new X509Certificate(good.der)
    const points = read.getExtension(CRLDistributionPointsExtension)
    assert.deepEqual(
      Array.from(points?.distributionPoints ?? []).map(
        (point) => point.distributionPoint?.fullName?.[0]?.uniformResourceIdentifier,
      ),
      [shard(0)],
    )
    const access = read.getExtension(AuthorityInfoAccessExtension)
    assert.deepEqual(
      access?.ocsp.map(({ value }) => value),
      published(0).ocsp,
    )
    assert.deepEqual(
      access?.caIssuers.map(({ value }) => value),
      published(0).issuerCertificates,
    )
  })

  it('openssl crl reads the same list, and writes back the same bytes', async () => {
    const der = await list(both(), shard(0))
    await inScratch(async (directory) => {
      await writeFile(join(directory, 'ca.pem'), toPem('CERTIFICATE', ca.certificate.der))
      await writeFile(join(directory, 'list.der'), der)
      const read = await run(
        directory,
        'crl -inform DER -in list.der -CAfile ca.pem -outform DER -out again.der'.split(' '),
      )
      assert.match(read.text, /verify OK/)
      const text = await run(directory, 'crl -inform DER -in list.der -text -noout'.split(' '))
      assert.match(text.text, /X509v3 CRL Number: \n +5\n/)
      assert.match(text.text, /X509v3 Issuing Distribution Point: critical/)
      assert.match(text.text, /Only User Certificates/)
      assert.match(text.text, /Key Compromise/)
      assert.deepEqual(await readFile(join(directory, 'again.der')), der)
    })
  })

  const verify = (leaf: X509, crl: Buffer) =>
    inScratch(async (directory) => {
      await writeFile(join(directory, 'root.pem'), toPem('CERTIFICATE', root.certificate.der))
      await writeFile(join(directory, 'ca.pem'), toPem('CERTIFICATE', ca.certificate.der))
      await writeFile(join(directory, 'leaf.pem'), toPem('CERTIFICATE', leaf.der))
      await writeFile(join(directory, 'list.pem'), toPem('X509 CRL', crl))
      const files = '-CAfile root.pem -untrusted ca.pem -CRLfile list.pem leaf.pem'
      return run(directory, `verify -x509_strict -crl_check -extended_crl ${files}`.split(' '))
    })

  for (const [what, address] of [
    ['the full list', undefined],
    ['the list of its shard', shard(0)],
  ] as const) {
    it(`openssl verify believes ${what}`, async () => {
      const crl = await list(both(), address)
      const accepted = await verify(good, crl)
      assert.ok(accepted.ok, accepted.text)
      assert.match((await verify(revoked, crl)).text, /certificate revoked/)
    })
  }

  it('openssl verify takes no shard in the place of another', async () => {
    const answer = await verify(revoked, await list([], shard(1)))
    assert.equal(answer.ok, false)
    assert.match(answer.text, /[Dd]ifferent CRL scope/)
  })

  it('openssl verify takes no list that has lapsed, and refuses what is on hold', async () => {
    const lapsed = await list([], shard(0), {
      thisUpdate: now - 7_200_000,
      nextUpdate: now - 3_600_000,
    })
    assert.match((await verify(good, lapsed)).text, /CRL has expired/)
    const hold = [{ serial: good.serial, revokedAt: now, reason: 'certificateHold' as const }]
    assert.match((await verify(good, await list(hold, shard(0)))).text, /certificate revoked/)
  })

  const ask = async (
    options: string,
    statusOf: (serial: string) => OcspStatus,
    keyKind: KeyKind = 'ec-p256',
  ) => {
    const key = signingKeyOf(await generateKey(keyKind))
    const certificate = await issueResponderCertificate({
      issuer: issuerOf(ca),
      spki: key.spki,
      now,
      days: 1,
    })
    return inScratch(async (directory) => {
      await writeFile(join(directory, 'root.pem'), toPem('CERTIFICATE', root.certificate.der))
      await writeFile(join(directory, 'ca.pem'), toPem('CERTIFICATE', ca.certificate.der))
      await writeFile(join(directory, 'good.pem'), toPem('CERTIFICATE', good.der))
      await writeFile(join(directory, 'revoked.pem'), toPem('CERTIFICATE', revoked.der))
      const certificates = `-issuer ca.pem ${options} -cert good.pem ${options} -cert revoked.pem`
      const made = await run(directory, `ocsp ${certificates} -reqout request.der`.split(' '))
      assert.ok(made.ok, made.text)
      const request = parseOcspRequest(await readFile(join(directory, 'request.der')))
      const response = await buildOcspResponse(
        { certificate, key },
        {
          answers: request.certificates.map((id) => ({ id, is: statusOf(id.serial) })),
          thisUpdate: now - 60_000,
          nextUpdate: now + 3_600_000,
          producedAt: now,
          nonce: request.nonce,
        },
      )
      await writeFile(join(directory, 'response.der'), response)
      const trust = '-CAfile root.pem -verify_other ca.pem -respin response.der'
      const read = await run(directory, `ocsp ${certificates} -no_nonce ${trust}`.split(' '))
      const echoed = await run(directory, `ocsp -reqin request.der ${trust}`.split(' '))
      const text = await run(directory, 'ocsp -respin response.der -resp_text -noverify'.split(' '))
      return { read: read.text, echoed: echoed.text, text: text.text, request }
    })
  }
  const statusOf = (serial: string): OcspStatus =>
    serial === revoked.serial
      ? { status: 'revoked', revokedAt: now - 120_000, reason: 'superseded' }
      : { status: 'good' }

  for (const [hash, keyKind] of [
    ['-sha1', 'ec-p256'],
    ['-sha256', 'ec-p384'],
    ['-sha256', 'rsa-2048'],
  ] as const) {
    it(`openssl ocsp believes a responder of kind ${keyKind}, asked by ${hash}`, async () => {
      const { read, echoed, text, request } = await ask(hash, statusOf, keyKind)
      assert.equal(request.certificates.length, 2)
      assert.match(read, /Response verify OK/)
      assert.match(read, /good\.pem: good/)
      assert.match(read, /revoked\.pem: revoked[^]*Reason: superseded/)
      assert.match(echoed, /Response verify OK/)
      assert.doesNotMatch(echoed, /[Nn]once/)
      assert.match(text, /OCSP Nonce/)
      assert.match(text, /OCSP No Check/)
    })
  }

  it('openssl ocsp reads unknown, and each answer that says nothing', async () => {
    const { read } = await ask('-sha1', () => ({ status: 'unknown' }))
    assert.match(read, /good\.pem: unknown/)
    for (const [failure, said] of [
      ['malformedRequest', /malformedrequest \(1\)/],
      ['internalError', /internalerror \(2\)/],
      ['tryLater', /trylater \(3\)/],
      ['unauthorized', /unauthorized \(6\)/],
    ] as const) {
      await inScratch(async (directory) => {
        await writeFile(join(directory, 'response.der'), ocspFailure(failure))
        const read = await run(directory, 'ocsp -respin response.der -noverify'.split(' '))
        assert.match(read.text, said)
      })
    }
  })
})
