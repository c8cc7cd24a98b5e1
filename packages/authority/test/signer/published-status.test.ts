import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { encodeRevoked, isListOf, oids, parseCertificateList, toPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { newId, toBase64url } from '@sallyport/wire'
import { bytesOf } from '../../src/signer/bytes.ts'
import { certificateIn, makeSigner, newSpki } from '../fixture/signer.ts'

const made = await makeSigner()
const { signer } = made
const issuer = made.wallet
const now = Math.floor(Date.now() / 1_000) * 1_000
const hourMs = 3_600_000
const times = { thisUpdate: now, nextUpdate: now + hourMs }

const isRefused = (error: unknown) => isProblem(error) && error.code === 'signer_refused'

test('openssl reads a list, and refuses with it the certificate that is on it and no other', async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-crl-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const file = (name: string, pem: string) => {
    writeFileSync(path.join(directory, name), pem)
    return path.join(directory, name)
  }
  const device = async () =>
    certificateIn(
      await signer.deviceCertificate({
        issuer,
        spki: await newSpki(),
        deviceId: newId('device'),
        assurance: 'unattested',
        predecessors: [],
      }),
    )
  const [revoked, good] = [await device(), await device()]
  const entries = [
    { serial: revoked.serial, revokedAt: now, reason: 'keyCompromise' as const },
    { serial: '7f', revokedAt: now },
  ]
  const order = { issuer, number: 4, ...times, entries: toBase64url(encodeRevoked(entries)) }
  const { list } = await signer.revocationList(order)
  const crl = file('list.pem', toPem('X509 CRL', bytesOf(list)))
  const text = execFileSync('openssl', ['crl', '-in', crl, '-noout', '-text'], { encoding: 'utf8' })
  assert.match(text, /CRL Number:\s+4/)
  assert.match(text, /Key Compromise/)
  const trust = file(
    'ca.pem',
    [issuer, made.roots.device].map((ca) => toPem('CERTIFICATE', certificateIn(ca).der)).join(''),
  )
  const verify = (name: string, { der }: typeof good) => {
    const leaf = file(name, toPem('CERTIFICATE', der))
    const options = ['-CAfile', trust, '-CRLfile', crl, '-crl_check', '-x509_strict']
    return execFileSync('openssl', ['verify', ...options, '-policy_check', leaf], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  }
  assert.match(verify('good.pem', good), /OK/)
  assert.throws(() => verify('revoked.pem', revoked), /certificate revoked/)
})

test('a list of one address names it, and that is critical', async () => {
  const address = 'http://status.example.com/crl/1/3.crl'
  const scope = { addresses: [address], onlyUserCertificates: true }
  const order = { issuer, number: 1, ...times, entries: '', scope }
  const list = bytesOf((await signer.revocationList(order)).list)
  assert.ok(list.includes(Buffer.from(address)))
})

test('a list for years, or of the future, is refused', async () => {
  const order = { issuer, number: 1, entries: '' }
  const years = { ...order, thisUpdate: now, nextUpdate: now + 1_000 * 24 * hourMs }
  await assert.rejects(signer.revocationList(years), isRefused)
  const future = { ...order, thisUpdate: now + hourMs, nextUpdate: now + 2 * hourMs }
  await assert.rejects(signer.revocationList(future), isRefused)
})

test('bytes that are no entries are signed by nobody', async () => {
  const entries = toBase64url(Buffer.from('3003020101', 'hex'))
  await assert.rejects(signer.revocationList({ issuer, number: 1, ...times, entries }), isRefused)
})

test('a responder answers for a week, for its issuer, and can be nothing else', async () => {
  const spki = await newSpki()
  const certificate = certificateIn(await signer.responderCertificate({ issuer, spki }))
  assert.deepEqual(certificate.extendedKeyUsage, [oids.ocspSigning])
  assert.ok(!certificate.isCa && certificate.notAfter <= now + 7 * 24 * hourMs + 60_000)
  assert.ok(certificate.extensions.has(oids.ocspNoCheck))
})

test('a certificate says no addresses but those of the configuration', async () => {
  const order = async (url: string) => ({
    issuer,
    spki: await newSpki(),
    deviceId: newId('device'),
    assurance: 'unattested' as const,
    predecessors: [],
    published: {
      certificateLists: [`${url}/crl/1/0.crl`],
      ocsp: ['http://status.example.com/ocsp'],
      issuerCertificates: ['http://status.example.com/ca/1.cer'],
    },
  })
  const made = certificateIn(
    await signer.deviceCertificate(await order('http://status.example.com')),
  )
  assert.ok(made.extensions.has(oids.cRLDistributionPoints))
  for (const url of [
    'http://status.example.com.evil.test',
    'http://evil.test',
    'http://status.example.co',
  ]) {
    await assert.rejects(signer.deviceCertificate(await order(url)), isRefused)
  }
})

test('a root signs the list of what it issued, and no issuing CA does in its place', async () => {
  const asked = { number: 1, ...times, entries: '' }
  const { list } = await signer.rootRevocationList({ ...asked, issuer: made.roots.device })
  assert.ok(isListOf(parseCertificateList(bytesOf(list)), certificateIn(made.roots.device)))
  const ofServers = await signer.rootRevocationList({ ...asked, issuer: made.roots.service })
  const { service } = made.roots
  assert.ok(isListOf(parseCertificateList(bytesOf(ofServers.list)), certificateIn(service)))
  await assert.rejects(signer.rootRevocationList({ ...asked, issuer }), isRefused)
  await assert.rejects(signer.revocationList({ ...asked, issuer: made.roots.device }), isRefused)
})
