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

/** A factory gave each device a certificate, and one of them is in bad hands. */
let est: EstPlace
let device: Held
before(async () => {
  const now = Date.now()
  const rootKey = signingKeyOf(await generateKey('ec-p384'))
  const root = await createRoot({ kind: 'service', key: rootKey, commonName: 'Factory', now })
  const key = await generateKey('ec-p256')
  const { spki } = signingKeyOf(key)
  const issuer = { certificate: root, key: rootKey }
  const born = { issuer, spki, trustDomain: 'factory.example', name: 'sn-1', now, days: 30 }
  device = { key, certificate: await issueGatewayCertificate(born) }
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-est-'))
  const file = path.join(directory, 'factory.pem')
  writeFileSync(file, toPem('CERTIFICATE', root.der))
  est = await deployEst({ directory, apps: estApp(`, clientCaFile: '${file}'`) })
})
after(() => est.close())

test('a device that was suspended or revoked does not come back by what it was born with', async () => {
  const enroll = async (how: Parameters<EstPlace['enroll']>[1] = { held: device }) =>
    est.enroll(await generateKey('ec-p256'), how)
  const first = await enroll()
  assert.equal(first.status, 200, first.text)
  const id = certificatesOf(first)[0]?.uris[0]?.split('/').at(-1)
  const change = (verb: string) => est.admin(`/admin/v1/devices/${id}/${verb}`, { body: {} })
  await change('suspend')
  assert.equal((await enroll()).body.code, 'device_suspended')
  await change('resume')
  assert.equal((await enroll()).status, 200)
  await change('revoke')
  assert.equal((await enroll()).body.code, 'device_revoked')
  const { devices } = (await est.admin('/admin/v1/devices')).body
  assert.equal(devices.length, 2, 'and nothing is left behind')
  assert.equal((await enroll({ token: await est.token() })).status, 200)
})
