import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { oids } from '../../src/oids.ts'
import {
  issueRaCertificate,
  issueResponderCertificate,
} from '../../src/issue/issue-delegate-certificate.ts'
import { toPem } from '../../src/pem.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { inScratch, opensslVerify } from '../openssl.ts'
import { issuerOf, testDeviceCa, testRoot } from '../test-authority.ts'

/*
 * Usages do not nest in RFC 5280: what a CA's own says of what it issues is up to who verifies. A CA with
 * OCSPSigning would be a responder of its root, so that it stands in the responder's certificate alone, and the
 * programs that look at answers are held to taking it so.
 */

const root = await testRoot()
const ca = await testDeviceCa(root)
const order = { issuer: issuerOf(ca), now: Date.now(), days: 7 }
const responder = await issueResponderCertificate({
  ...order,
  spki: signingKeyOf(await generateKey('ec-p256')).spki,
})
const registration = await issueRaCertificate({
  ...order,
  spki: signingKeyOf(await generateKey('rsa-2048')).spki,
})
const chainTo = (leaf: typeof responder) => ({
  root: root.certificate,
  intermediates: [ca.certificate],
  leafDer: leaf.der,
})

test('an issuing CA is no responder of its root', () => {
  assert.deepEqual(ca.certificate.extendedKeyUsage, [oids.clientAuth])
})

test('OpenSSL takes the responder for one, and neither it nor a registration authority for a client', async () => {
  const taken = await opensslVerify(chainTo(responder), '-purpose', 'ocsphelper')
  assert.ok(taken.ok, taken.text)
  for (const leaf of [responder, registration]) {
    assert.equal((await opensslVerify(chainTo(leaf), '-purpose', 'sslclient')).ok, false)
    assert.equal((await opensslVerify(chainTo(leaf), '-purpose', 'sslserver')).ok, false)
  }
})

function hasCertutil(): boolean {
  if (process.env['CI'] === 'true') return true
  try {
    execFileSync('which', ['certutil'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test(
  'NSS takes the responder for one, and for nothing else',
  {
    skip: hasCertutil() ? false : 'certutil of libnss3-tools is not installed',
  },
  () =>
    inScratch(async (directory) => {
      const certutil = (...options: string[]) =>
        promisify(execFile)('certutil', [...options, '-d', `sql:${directory}`])
      await certutil('-N', '--empty-password')
      for (const [name, trust, { der }] of [
        ['root', 'CT,CT,CT', root.certificate],
        ['ca', ',,', ca.certificate],
        ['responder', ',,', responder],
      ] as const) {
        await writeFile(join(directory, `${name}.pem`), toPem('CERTIFICATE', der))
        await certutil('-A', '-n', name, '-t', trust, '-i', join(directory, `${name}.pem`))
      }
      await certutil('-V', '-n', 'responder', '-u', 'O')
      for (const usage of ['C', 'V']) {
        await assert.rejects(
          certutil('-V', '-n', 'responder', '-u', usage),
          (error: { stdout?: string }) => /invalid/.test(error.stdout ?? ''),
        )
      }
    }),
)
