import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import {
  ensureGatewayCertificate,
  ensureServerCertificate,
} from '../../src/certificates/certificate-files.ts'
import { serviceRoot } from './service-root.ts'

const dayMs = 24 * 3_600_000
const names = ['localhost', '127.0.0.1']

function newFiles() {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-certificates-'))
  return { certificateFile: path.join(directory, 'a.crt'), keyFile: path.join(directory, 'a.key') }
}

test('a certificate is made once, for all names, with a key for its owner alone', async () => {
  const service = await serviceRoot()
  const files = newFiles()
  const now = Date.now()
  assert.equal(await ensureServerCertificate(files, names, service, now), true)
  assert.equal(await ensureServerCertificate(files, names, service, now), false)
  assert.equal(service.opened(), 1)
  const certificate = new X509Certificate(readFileSync(files.certificateFile))
  assert.equal(certificate.checkHost('localhost'), 'localhost')
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(statSync(files.keyFile).mode & 0o777, 0o600)
})

test('a certificate near its end, of another root, without a name, or with a wrong key is made anew', async () => {
  const service = await serviceRoot()
  const now = Date.now()
  const make = async () => {
    const files = newFiles()
    await ensureServerCertificate(files, names, service, now)
    return files
  }
  assert.equal(await ensureServerCertificate(await make(), names, service, now + 61 * dayMs), true)
  assert.equal(await ensureServerCertificate(await make(), names, await serviceRoot(), now), true)
  assert.equal(
    await ensureServerCertificate(await make(), [...names, 'lan.test'], service, now),
    true,
  )
  const broken = await make()
  writeFileSync(broken.keyFile, readFileSync((await make()).keyFile))
  assert.equal(await ensureServerCertificate(broken, names, service, now), true)
  const torn = await make()
  writeFileSync(torn.certificateFile, 'half')
  assert.equal(await ensureServerCertificate(torn, names, service, now), true)
})

test('a gateway is named by its URI', async () => {
  const service = await serviceRoot()
  const files = newFiles()
  const identity = { trustDomain: 'example.com', name: 'gateway-1' }
  assert.equal(await ensureGatewayCertificate(files, identity, service, Date.now()), true)
  const certificate = new X509Certificate(readFileSync(files.certificateFile))
  assert.equal(certificate.subjectAltName, 'URI:spiffe://example.com/gateway/gateway-1')
})
