import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { type Assurance, assurances, type IssuerKind, newId } from '@sallyport/wire'
import { issueDeviceCa } from '../../src/issue/issue-authority.ts'
import { issueDeviceCertificate } from '../../src/issue/issue-device-certificate.ts'
import { oids } from '../../src/oids.ts'
import { toPem } from '../../src/pem.ts'
import { generateKey, signingKeyOf } from '../../src/signing-key.ts'
import { verifyDeviceCertificate } from '../../src/verify-device-certificate.ts'
import { bundleOf, dayMs, issuerOf, testRoot } from '../test-authority.ts'

const now = Date.now()
const root = await testRoot()

async function caOf(kind: IssuerKind) {
  const key = await generateKey('ec-p256')
  const facts = { appId: 'wallet', trustDomain: 'example.com', kind, now }
  const certificate = await issueDeviceCa({
    root: issuerOf(root),
    key: signingKeyOf(key),
    ...facts,
  })
  return { certificate, key }
}

const ca = await caOf('unattested')
const bundle = bundleOf({
  certificate: ca.certificate,
  own: true,
  kind: 'unattested',
  trustDomain: 'example.com',
  appId: 'wallet',
})

type Said = {
  assurance?: Assurance
  osPatchLevel?: string
  predecessors?: string[]
  facts?: false
}

/** What whoever has the key of the CA can sign: our own issuing refuses none of it. */
async function leaf(said: Said = {}, issuer = ca) {
  const { spki } = signingKeyOf(await generateKey('ec-p256'))
  const { osPatchLevel } = said
  const facts = {
    platform: 'other' as const,
    appVersion: '1.0',
    appraisedAt: now,
    ...(osPatchLevel === undefined ? {} : { osPatchLevel }),
  }
  return issueDeviceCertificate({
    issuer: issuerOf(issuer),
    spki,
    trustDomain: 'example.com',
    appId: 'wallet',
    deviceId: newId('device'),
    assurance: said.assurance ?? 'unattested',
    ...(said.facts === false ? {} : { facts }),
    predecessors: said.predecessors ?? [],
    notBefore: now - 300_000,
    notAfter: now + dayMs,
  })
}

test('a device of a CA that proves nothing is known, unattested, with facts or without', async () => {
  for (const said of [{}, { facts: false as const }]) {
    const verified = verifyDeviceCertificate((await leaf(said)).der, bundle)
    assert.ok(verified.ok, JSON.stringify(verified))
    assert.equal(verified.device.assurance, 'unattested')
    assert.equal(verified.device.facts === undefined, 'facts' in said)
    assert.equal(verified.device.development, false)
  }
})

const overstatements: readonly (readonly [string, Said, RegExp])[] = [
  ...assurances
    .filter((assurance) => assurance !== 'unattested')
    .map((assurance) => [assurance, { assurance }, new RegExp(`assurance ${assurance}`)] as const),
  ['a patch level', { osPatchLevel: '2026-11-01' }, /a patch level/],
  ['a predecessor', { predecessors: ['A'.repeat(43)] }, /predecessors/],
]
for (const [what, said, found] of overstatements) {
  test(`whoever has its key can have no device believed with ${what}`, async () => {
    const verified = verifyDeviceCertificate((await leaf(said)).der, bundle)
    assert.ok(!verified.ok)
    assert.equal(verified.failed.code, 'device_certificate_assertion_forbidden')
    assert.match(verified.failed.found, found)
  })
}

test('nobody else believes it further: by its policies openssl accepts the unattested alone', async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-policy-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const file = (name: string, der: Uint8Array) => {
    writeFileSync(path.join(directory, name), toPem('CERTIFICATE', der))
    return path.join(directory, name)
  }
  const anchors = file('root.pem', root.certificate.der)
  const verify = (issuer: typeof ca, der: Uint8Array, policy: string) => {
    const chain = ['-CAfile', anchors, '-untrusted', file('ca.pem', issuer.certificate.der)]
    const options = ['-x509_strict', '-policy_check', '-explicit_policy', '-policy', policy]
    return execFileSync('openssl', ['verify', ...options, ...chain, file('leaf.pem', der)], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  }
  const { tee, unattested } = oids.assurancePolicies
  assert.match(verify(ca, (await leaf()).der, unattested), /OK/)
  const forged = await leaf({ assurance: 'tee' })
  assert.throws(() => verify(ca, forged.der, tee), /policy/)
  const device = await caOf('device')
  assert.match(verify(device, (await leaf({ assurance: 'tee' }, device)).der, tee), /OK/)
})
