import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { newId } from '@sallyport/wire'
import fc from 'fast-check'
import {
  buildCertificate,
  extensions,
  serverBackdateMs,
} from '../../src/issue/build-certificate.ts'
import { decodeFacts, decodePredecessors } from '../../src/device-extensions.ts'
import { nameOf, nameText } from '../../src/distinguished-name.ts'
import { createRoot, issueDeviceCa } from '../../src/issue/issue-authority.ts'
import { issueDeviceCertificate } from '../../src/issue/issue-device-certificate.ts'
import {
  issueGatewayCertificate,
  issueServerCertificate,
} from '../../src/issue/issue-service-certificate.ts'
import { oids } from '../../src/oids.ts'
import { isSignedBy } from '../../src/signature-algorithm.ts'
import { generateKey, type SigningKey, signingKeyOf } from '../../src/signing-key.ts'
import { opensslVerify } from '../openssl.ts'
import {
  dayMs,
  issuerOf,
  type TestCa,
  testDevice,
  testDeviceCa,
  testRoot,
} from '../test-authority.ts'

const now = Date.parse('2026-11-21T12:00:00.789Z')
const nowSecond = Date.parse('2026-11-21T12:00:00Z')

describe('issuing certificates', () => {
  let root: TestCa
  let ca: TestCa
  let service: TestCa
  let key: SigningKey

  before(async () => {
    root = await testRoot('device', 'ec-p256', now)
    ca = await testDeviceCa(root, { now })
    service = await testRoot('service', 'ec-p256', now)
    key = signingKeyOf(await generateKey('ec-p256'))
  })

  describe('roots', () => {
    for (const [kind, pathLength] of [
      ['device', 1],
      ['development', 1],
      ['service', 0],
    ] as const) {
      it(`of kind ${kind} sign themselves, for 20 years, over at most ${pathLength} CAs`, async () => {
        const certificate = await createRoot({ key, commonName: 'R', kind, now })
        assert.equal(certificate.isCa, true)
        assert.equal(certificate.pathLength, pathLength)
        assert.equal(certificate.notBefore, nowSecond - serverBackdateMs)
        assert.equal(certificate.notAfter, Date.parse('2046-11-21T12:00:00Z'))
        assert.equal(nameText(certificate.subject), 'CN=R')
        const { signatureAlgorithm, tbs, signature } = certificate
        assert.ok(isSignedBy(certificate.publicKey, signatureAlgorithm, tbs, signature))
      })
    }
    it('write years from 2050 as GeneralizedTime, which openssl reads', async () => {
      const certificate = await createRoot({ key, commonName: 'R', kind: 'device', now, years: 40 })
      assert.equal(certificate.notAfter, Date.parse('2066-11-21T12:00:00Z'))
      const { ok, text } = await opensslVerify({ root: certificate, leafDer: certificate.der })
      assert.ok(ok, text)
    })
  })

  describe('issuing CAs', () => {
    it('issue no further CA, and only for client authentication', () => {
      assert.equal(ca.certificate.pathLength, 0)
      assert.deepEqual(ca.certificate.extendedKeyUsage, [oids.clientAuth])
      assert.equal(ca.certificate.authorityKeyId, root.certificate.subjectKeyId)
    })
    it('end with their root at the latest', async () => {
      const certificate = await issueDeviceCa({
        root: issuerOf(root),
        key,
        appId: 'wallet',
        trustDomain: 'example.com',
        kind: 'device',
        now,
        years: 50,
      })
      assert.equal(certificate.notAfter, root.certificate.notAfter)
    })
    it('of development say so, and so does all that they issue', async () => {
      const development = await testDeviceCa(await testRoot('development'), {
        kind: 'development',
        trustDomain: 'dev.example.com',
      })
      const { certificate } = await testDevice(development, { trustDomain: 'dev.example.com' })
      assert.ok(development.certificate.policies.includes(oids.developmentPolicy))
      assert.ok(certificate.policies.includes(oids.developmentPolicy))
      assert.ok(!ca.certificate.policies.includes(oids.developmentPolicy))
    })
    it('of a trust domain of 250 characters have a name that fits', async () => {
      const trustDomain = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`
      const { certificate } = await testDeviceCa(root, { trustDomain, appId: 'x'.repeat(63) })
      assert.ok(nameText(certificate.subject).length <= 3 + 64)
      assert.deepEqual(certificate.uris, [`spiffe://${trustDomain}`])
    })
  })

  describe('device certificates', () => {
    it('have exactly the extensions of the profile, in its order', async () => {
      const { certificate } = await testDevice(ca, {
        predecessors: [root.certificate.thumbprint],
        now,
      })
      assert.deepEqual(
        [...certificate.extensions].map(([oid, { critical }]) => [oid, critical]),
        [
          [oids.basicConstraints, true],
          [oids.keyUsage, true],
          [oids.extendedKeyUsage, false],
          [oids.subjectAlternativeName, true],
          [oids.certificatePolicies, false],
          [oids.subjectKeyIdentifier, false],
          [oids.authorityKeyIdentifier, false],
          [oids.noRevAvail, false],
          [oids.facts, false],
          [oids.predecessors, false],
        ],
      )
      const value = (oid: string) => certificate.extensions.get(oid)?.value ?? Buffer.alloc(0)
      assert.equal(value(oids.noRevAvail).toString('hex'), '0500')
      assert.equal(decodeFacts(value(oids.facts)).appraisedAt, nowSecond)
      assert.deepEqual(decodePredecessors(value(oids.predecessors)), [root.certificate.thumbprint])
    })
    it('leave predecessors out where there are none', async () => {
      const { certificate } = await testDevice(ca, { now })
      assert.ok(!certificate.extensions.has(oids.predecessors))
    })

    const options = () => ({
      issuer: issuerOf(ca),
      spki: key.spki,
      trustDomain: 'example.com',
      appId: 'wallet',
      deviceId: newId('device'),
      assurance: 'tee' as const,
      facts: { platform: 'android' as const, appVersion: '1', appraisedAt: now },
      predecessors: [],
      notBefore: now,
      notAfter: now + dayMs,
    })
    it('end with their issuer at the latest', async () => {
      const notAfter = ca.certificate.notAfter + dayMs
      const certificate = await issueDeviceCertificate({ ...options(), notAfter })
      assert.equal(certificate.notAfter, ca.certificate.notAfter)
    })
    it('carry the serial that the caller chose', async () => {
      const serial = Buffer.from('00ff00000000000000000000000000aa', 'hex')
      const certificate = await issueDeviceCertificate({ ...options(), serial })
      assert.equal(certificate.serial, 'ff00000000000000000000000000aa')
    })
    for (const [why, change] of [
      ['a device id that is none', { deviceId: 'dev_1' }],
      ['an app id with a slash', { appId: 'a/b' }],
      ['a trust domain in capitals', { trustDomain: 'Example.com' }],
      ['a serial of 20 bytes', { serial: Buffer.alloc(20) }],
      ['an end before its beginning', { notAfter: now - dayMs }],
      ['five predecessors', { predecessors: Array<string>(5).fill('A'.repeat(43)) }],
      ['a predecessor that is no thumbprint', { predecessors: ['AA'] }],
    ] as const) {
      it(`are not made with ${why}`, async () => {
        await assert.rejects(
          async () => issueDeviceCertificate({ ...options(), ...change }),
          TypeError,
        )
      })
    }
  })

  it('writes any 16 bytes as a positive serial number', async () => {
    const random = fc.uint8Array({ minLength: 16, maxLength: 16 })
    await fc.assert(
      fc.asyncProperty(random, async (serial) => {
        const certificate = await buildCertificate({
          key,
          issuer: nameOf('R'),
          subject: nameOf('R'),
          spki: key.spki,
          notBefore: now,
          notAfter: now + dayMs,
          serial,
          extensions: [extensions.subjectKeyIdentifier(key.spki)],
        })
        const expected = Buffer.from(serial)
          .toString('hex')
          .replace(/^0+(?=.)/, '')
        assert.equal(certificate.serial, expected)
      }),
      { numRuns: 50, examples: [[new Uint8Array(16)], [new Uint8Array(16).fill(255)]] },
    )
  })

  describe('service certificates', () => {
    const server = (...names: string[]) =>
      issueServerCertificate({ issuer: issuerOf(service), spki: key.spki, names, now, days: 90 })

    it('make a server of the names asked for, and no client', async () => {
      const current = await testRoot('service')
      const certificate = await issueServerCertificate({
        issuer: issuerOf(current),
        spki: key.spki,
        names: ['localhost', '*.example.com', '127.0.0.1', '::1'],
        now: Date.now(),
        days: 90,
      })
      const verify = (...options: string[]) =>
        opensslVerify({ root: current.certificate, leafDer: certificate.der }, ...options)
      for (const option of [
        ['-verify_hostname', 'localhost'],
        ['-verify_hostname', 'api.example.com'],
        ['-verify_ip', '127.0.0.1'],
        ['-verify_ip', '::1'],
      ]) {
        const { ok, text } = await verify('-purpose', 'sslserver', ...option)
        assert.ok(ok, text)
      }
      assert.ok(!(await verify('-verify_hostname', 'example.org')).ok)
      assert.ok(!(await verify('-purpose', 'sslclient')).ok)
    })
    it('last as many days as asked', async () => {
      const certificate = await server('localhost')
      assert.equal(certificate.notBefore, nowSecond - serverBackdateMs)
      assert.equal(certificate.notAfter, nowSecond + 90 * dayMs)
    })
    for (const name of [
      '',
      'https://x',
      'a b',
      'a..b',
      '-a',
      'a*.b',
      'x'.repeat(64),
      '1.2.3.4/8',
      'fe80::1%eth0',
    ]) {
      it(`are not made for ${JSON.stringify(name).slice(0, 20)}`, async () => {
        await assert.rejects(async () => server(name), TypeError)
      })
    }
    it('are not made for no name', async () => {
      await assert.rejects(async () => server(), TypeError)
    })
    it('of a gateway make a client with one URI, and no server', async () => {
      const current = await testRoot('service')
      const certificate = await issueGatewayCertificate({
        issuer: issuerOf(current),
        spki: key.spki,
        trustDomain: 'example.com',
        name: 'gateway-1',
        now: Date.now(),
        days: 90,
      })
      assert.deepEqual(certificate.uris, ['spiffe://example.com/gateway/gateway-1'])
      const verify = (purpose: string) =>
        opensslVerify({ root: current.certificate, leafDer: certificate.der }, '-purpose', purpose)
      assert.ok((await verify('sslclient')).ok)
      assert.ok(!(await verify('sslserver')).ok)
    })
    it('of a gateway are not made for a name that is none', async () => {
      const options = { issuer: issuerOf(service), spki: key.spki, now, days: 1 }
      for (const [trustDomain, name] of [
        ['example.com', 'a/b'],
        ['example.com', ''],
        ['Example.com', 'g'],
      ] as const) {
        await assert.rejects(
          async () => issueGatewayCertificate({ ...options, trustDomain, name }),
          TypeError,
        )
      }
    })
  })
})
