import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import {
  createRoot,
  generateKey,
  issueServerCertificate,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { acmeCheck } from '../../src/doctor/acme-check.ts'
import type { Examination } from '../../src/doctor/finding.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-doctor-acme-'))
after(() => rmSync(directory, { recursive: true }))
const host = 'api.example.com'
const hourMs = 3_600_000

async function finding() {
  const hosts = {
    [host]: { certificate: { acme: 'ca' } },
    'b.example.com': { certificate: { certificateFile: 'b.pem', keyFile: 'b.key' } },
  }
  const value = { gateway: { stateDirectory: 'state', hosts } }
  const file = { directory, value } as unknown as Examination['file']
  const findings = await acmeCheck.examine({ file, client: undefined, now: Date.now })
  assert.equal(findings.length, 1)
  return findings[0]
}

function keep(kept: object): void {
  const folder = path.join(directory, 'state', 'acme', 'ca')
  mkdirSync(folder, { recursive: true })
  const text = JSON.stringify({ version: 1, directoryUrl: 'https://ca/', failures: 0, ...kept })
  writeFileSync(path.join(folder, `${host}.certificate.json`), text)
}

async function certificateOf(age: number): Promise<string> {
  const keyPair = await generateKey('ec-p256')
  const key = signingKeyOf(keyPair)
  const now = Date.now() - age
  const root = await createRoot({ key, commonName: 'CA', kind: 'service', now })
  const spki = keyPair.publicKey.export({ format: 'der', type: 'spki' })
  const issuer = { certificate: root, key }
  const leaf = await issueServerCertificate({ issuer, spki, names: [host], now, days: 9 })
  return toPem('CERTIFICATE', leaf.der)
}

test('doctor tells how it stands with certificates that are obtained', async () => {
  assert.equal((await finding())?.verdict, 'warn')
  keep({ failures: 2, lastError: 'no route to host', notBeforeAttemptAt: Date.now() + hourMs })
  const failed = await finding()
  assert.equal(failed?.verdict, 'fail')
  assert.match(failed.found, /none was issued; the last attempt failed: no route to host/)
  keep({ certificate: await certificateOf(hourMs), key: 'unread' })
  assert.equal((await finding())?.verdict, 'ok')
  keep({ certificate: await certificateOf(8 * 24 * hourMs), key: 'unread' })
  assert.equal((await finding())?.verdict, 'warn', 'it should have been renewed by now')
  keep({ certificate: await certificateOf(10 * 24 * hourMs), key: 'unread' })
  assert.equal((await finding())?.verdict, 'fail')
})
