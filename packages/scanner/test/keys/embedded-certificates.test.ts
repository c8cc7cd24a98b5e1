import assert from 'node:assert/strict'
import { hash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { embeddedCertificates } from '../../src/index.ts'
import { detectKeys, fixture } from './detect-keys.ts'

test('the certificates of findings can be asked for at an authority, and say whether their keys are out', async () => {
  const { findings } = await detectKeys({
    files: {
      a: fixture('default.bks'),
      b: fixture('server.pem'),
      c: fixture('client-weak-key.pem'),
    },
  })
  const found = embeddedCertificates(findings)
  const client = new X509Certificate(fixture('client-certificate.der'))
  assert.deepEqual(
    found.map(({ subject, hasKey }) => ({ subject, hasKey })),
    [
      { subject: 'CN=mobile app, O=Example Bank', hasKey: true },
      { subject: 'CN=Example Bank private root, O=Example Bank', hasKey: false },
      { subject: 'CN=localhost, O=Example Bank', hasKey: false },
    ],
  )
  assert.equal(found[0]?.thumbprint, hash('sha256', client.raw, 'base64url'))
  assert.equal(found[0]?.serial, client.serialNumber.toLowerCase().replace(/^0+/, ''))
})
