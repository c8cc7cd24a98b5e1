import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSigningRequest } from '@sallyport/pki'
import {
  attestationObject,
  defaultAndroidPhone,
  makeDevelopmentRoot,
  newAcmeKey,
  openAcmeAccount,
} from '@sallyport/virtual-device'
import { layOut } from '../../fixture/deployment.ts'
import { httpCall } from '../../fixture/http-call.ts'

const rounds = 4
const root = makeDevelopmentRoot()
const apps = `
  wallet:
    insecureDevelopmentDevices: true
    android:
      packages: [${defaultAndroidPhone.packageName}]
      signerDigests: ['${defaultAndroidPhone.signerDigest}']
    enrollment: { evidence: [android-key] }
    protocols: { acme: {} }
`
const attestation =
  '{ android: { rootsUrl: off, statusListUrl: off, whenTooOld: allow }, insecureDevelopmentRoots: [root.pem] }'

test('killed while it finishes an order, an authority finishes it once, with the same key', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-acme-kill-'))
  try {
    const files = { 'root.pem': root.pem, 'apps.yaml': apps, 'attestation.yaml': attestation }
    for (const [name, text] of Object.entries(files))
      writeFileSync(path.join(directory, name), text)
    const laid = await layOut({ directory, apps, attestation })
    const { caPem: ca } = laid
    const headers = { authorization: `Bearer ${laid.adminToken}` }
    for (let round = 0; round < rounds; round++) {
      const serialNumber = `KILLED00${round}`
      const [key, accountKey] = [newAcmeKey(), newAcmeKey()]
      const first = await startChild(directory)
      const url = `${first.addresses.admin}/admin/v1/acme/credentials`
      const made = await httpCall(url, { ca, headers, body: { appId: 'wallet' } })
      const credential = { id: made.body.credential.id, key: made.body.key }
      const account = await openAcmeAccount({
        directory: `${first.addresses.device}/acme/wallet/directory`,
        ca,
        key: accountKey,
        credential,
      })
      const identifiers = [{ type: 'permanent-identifier', value: serialNumber }]
      const order = await account.post(String(account.directory['newOrder']), { identifiers })
      const { body } = await account.post(String(order.body.authorizations[0]))
      const [{ url: challenge, token }] = body.challenges
      const phone = { root, platform: 'android', phone: { serialNumber } } as const
      const { thumbprint } = account
      const attObj = attestationObject(phone, { token, thumbprint, key }).toString('base64url')
      assert.equal((await account.post(challenge, { attObj })).body.status, 'valid')
      const csr = createSigningRequest({
        privateKey: key,
        publicKey: createPublicKey(key),
      }).toString('base64url')
      // Later in each round, so that the kill falls into every part of the work.
      const answered = account.post(String(order.body.finalize), { csr }).catch(() => undefined)
      await sleep(round * 8)
      await first.kill()
      await answered

      const second = await startChild(directory)
      const again = await openAcmeAccount({
        directory: `${second.addresses.device}/acme/wallet/directory`,
        ca,
        key: accountKey,
      })
      const here = (there: unknown) => second.addresses.device + new URL(String(there)).pathname
      const finalized = await again.post(here(order.body.finalize), { csr })
      assert.equal(finalized.body.status, 'valid', finalized.text)
      const chain = await again.post(here(finalized.body.certificate))
      assert.match(chain.text, /^-----BEGIN CERTIFICATE-----/)
      const listed = await httpCall(`${second.addresses.admin}/admin/v1/devices`, { ca, headers })
      assert.equal(listed.body.devices.length, round + 1, 'one device for each order')
      await second.kill()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

async function startChild(directory: string) {
  const child = fork(new URL('acme-process.js', import.meta.url), [directory])
  const [addresses] = (await once(child, 'message')) as [{ device: string; admin: string }]
  return {
    addresses,
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
