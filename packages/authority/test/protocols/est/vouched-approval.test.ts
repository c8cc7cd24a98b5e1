import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  createRoot,
  generateKey,
  issueGatewayCertificate,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { certificatesOf, deployEst, type EstPlace, estApp, type Held } from './est-place.ts'

/** Whoever a factory's certificate lets ask is let in by an operator. */
let est: EstPlace
let bornWith: (name: string) => Promise<Held>
before(async () => {
  const now = Date.now()
  const rootKey = signingKeyOf(await generateKey('ec-p384'))
  const root = await createRoot({ kind: 'service', key: rootKey, commonName: 'Factory', now })
  const issuer = { certificate: root, key: rootKey }
  bornWith = async (name) => {
    const key = await generateKey('ec-p256')
    const { spki } = signingKeyOf(key)
    const born = { issuer, spki, trustDomain: 'factory.example', name, now, days: 30 }
    return { key, certificate: await issueGatewayCertificate(born) }
  }
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-est-'))
  const file = path.join(directory, 'factory.pem')
  writeFileSync(file, toPem('CERTIFICATE', root.der))
  const members = `, clientCaFile: '${file}', maxPerHour: 3`
  est = await deployEst({ directory, apps: estApp(members, ', approval: required') })
})
after(() => est.close())

const waiting = async () => (await est.admin('/admin/v1/approvals')).body.approvals
async function approveAll(): Promise<void> {
  for (const { id } of await waiting()) {
    await est.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
  }
}

test('a device that was revoked does not ask again by what it was born with', async () => {
  const held = await bornWith('sn-1')
  const key = await generateKey('ec-p256')
  assert.equal((await est.enroll(key, { held })).status, 202)
  await approveAll()
  const enrolled = await est.enroll(key, { held })
  assert.equal(enrolled.status, 200, enrolled.text)
  const id = certificatesOf(enrolled)[0]?.uris[0]?.split('/').at(-1)
  await est.admin(`/admin/v1/devices/${id}/revoke`, { body: {} })
  const again = await est.enroll(await generateKey('ec-p256'), { held })
  assert.equal(again.body?.code, 'device_revoked', again.text)
  assert.deepEqual(await waiting(), [])
})

test('nor is it let in by an approval that it asked for before', async () => {
  const held = await bornWith('sn-0')
  const [key, other] = [await generateKey('ec-p256'), await generateKey('ec-p256')]
  assert.equal((await est.enroll(key, { held })).status, 202)
  assert.equal((await est.enroll(other, { held })).status, 202)
  await approveAll()
  const [certificate] = certificatesOf(await est.enroll(key, { held }))
  const id = certificate?.uris[0]?.split('/').at(-1)
  await est.admin(`/admin/v1/devices/${id}/suspend`, { body: {} })
  assert.equal((await est.enroll(other, { held })).body?.code, 'device_suspended')
})

test('one certificate has no more wait in an hour than it may enrol', async () => {
  const held = await bornWith('sn-2')
  const ask = async () => est.enroll(await generateKey('ec-p256'), { held })
  for (let asked = 0; asked < 3; asked++) assert.equal((await ask()).status, 202)
  const refused = await ask()
  assert.equal(refused.body?.code, 'enrollment_credential_too_often', refused.text)
  assert.equal((await waiting()).length, 3)
  const other = await bornWith('sn-3')
  assert.equal((await est.enroll(await generateKey('ec-p256'), { held: other })).status, 202)
})
