import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { thumbprint } from '@sallyport/pki'
import type { Transport, TransportRequest } from '@sallyport/sdk'
import { devicePaths } from '@sallyport/wire'
import {
  cloneDevice,
  droppingTransport,
  forgingKeyStore,
  type Mishap,
  skewedClock,
  type VirtualDevice,
} from '../src/index.ts'
import { type AuthorityDeployment, dayMs, deployAuthority } from './authority-deployment.ts'
import { cleanUps } from './clean-ups.ts'

let authority: AuthorityDeployment
const whenOver = cleanUps()
before(async () => {
  authority = await deployAuthority(whenOver)
})
after(() => whenOver.run())

const once = { attempts: 1, baseMs: 1, maximumMs: 1 }
const isRenewal = ({ url }: TransportRequest) => url.endsWith(devicePaths.renewals)

/** The gateway of these tests is the authority itself: `me` answers whom it sees, over mutual TLS. */
async function whoAmI(device: VirtualDevice): Promise<unknown> {
  const response = await device.fetch(devicePaths.me)
  assert.equal(response.status, 200)
  const { deviceId } = (await response.json()) as { deviceId: string }
  return deviceId
}

/** Of all certificates that the authority issued to a device, newest first. */
async function thumbprintsOf(deviceId: string | undefined): Promise<string[]> {
  const { body } = await authority.admin('GET', `/devices/${deviceId}`)
  return (body['certificates'] as { thumbprint: string }[]).map(({ thumbprint }) => thumbprint)
}

const leafOf = async (device: VirtualDevice) =>
  Buffer.from((await device.certificate())?.certificates[0] ?? []).toString('base64')

for (const httpVersion of ['1.1', '2'] as const) {
  test(`a device enrols, calls, renews and calls again, over HTTP/${httpVersion}`, async () => {
    const device = authority.device({ httpVersion })
    const { deviceId, assurance } = await device.enroll()
    assert.equal(assurance, 'software')
    assert.equal(await whoAmI(device), deviceId)
    const first = await leafOf(device)
    await device.renew()
    assert.notEqual(await leafOf(device), first)
    assert.equal(await whoAmI(device), deviceId)
  })
}

for (const renewalKey of ['new', 'same'] as const) {
  test(`enrol, renew, lose the answer, restart: the same certificate (${renewalKey} key)`, async () => {
    let mishap: Mishap = 'answer'
    const sent: string[] = []
    const directory = join(authority.scratch(), 'device')
    const wrapTransport = (transport: Transport) =>
      droppingTransport(transport, (request) => {
        if (!isRenewal(request)) return undefined
        sent.push(Buffer.from(request.body as Uint8Array).toString())
        return mishap
      })
    const open = () => authority.device({ directory, renewalKey, retry: once, wrapTransport })
    const device = open()
    const { deviceId } = await device.enroll()
    await assert.rejects(device.renew(), { code: 'connection_failed', retryable: true })
    const issued = await thumbprintsOf(deviceId)
    assert.equal(issued.length, 2, 'the authority has done its work')
    mishap = undefined
    const restarted = open()
    assert.equal(await whoAmI(restarted), deviceId, 'the old certificate serves meanwhile')
    await restarted.renew()
    assert.equal(sent.length, 2)
    assert.equal(sent[0], sent[1])
    assert.deepEqual(await thumbprintsOf(deviceId), issued)
    assert.ok(issued.includes(thumbprint(Buffer.from(await leafOf(restarted), 'base64'))))
    assert.equal(await whoAmI(restarted), deviceId)
  })
}

test('the PEM files beside it are those of the certificate in use', async () => {
  const device = authority.device()
  await device.enroll()
  for (const renew of [false, true]) {
    if (renew) await device.renew()
    const certificate = new X509Certificate(readFileSync(device.certificateFile))
    assert.equal(certificate.raw.toString('base64'), await leafOf(device))
    const key = readFileSync(device.keyFile, 'utf8')
    assert.ok(certificate.checkPrivateKey(createPrivateKey(key)))
    assert.equal(statSync(device.keyFile).mode & 0o777, 0o600)
  }
})

test('two phones with wrong clocks enrol, call and renew', async () => {
  for (const offsetMs of [-400 * dayMs, 400 * dayMs]) {
    const clock = skewedClock(offsetMs)
    const device = authority.device({ now: clock.now })
    const { deviceId, state, clockOffsetMs } = await device.enroll()
    assert.equal(state, 'active')
    assert.ok(Math.abs((clockOffsetMs ?? 0) + offsetMs) < 5_000)
    clock.offsetMs = -offsetMs
    assert.equal(await whoAmI(device), deviceId)
    await device.renew()
    assert.equal(await whoAmI(device), deviceId)
  }
})

test('a clone that renews after the original is found out, and the original goes on', async () => {
  const directory = join(authority.scratch(), 'original')
  const cloneDirectory = join(authority.scratch(), 'clone')
  const original = authority.device({ directory })
  const { deviceId } = await original.enroll()
  await cloneDevice(directory, cloneDirectory)
  await original.renew()
  assert.equal(await whoAmI(original), deviceId)
  const clone = authority.device({ directory: cloneDirectory })
  await assert.rejects(clone.renew(), { code: 'renewal_forked', action: 're-enroll' })
  assert.equal((await clone.status()).state, 're-enroll')
  assert.equal(await whoAmI(original), deviceId)
})

test('a request signed by another key is refused', async () => {
  const device = authority.device({
    wrapKeyStore: (keyStore) => forgingKeyStore(keyStore, 'signing-request'),
  })
  await assert.rejects(device.enroll(), { code: 'csr_signature_invalid' })
})

test('evidence signed by another key is refused', async () => {
  const device = authority.device({
    wrapKeyStore: (keyStore) => forgingKeyStore(keyStore, 'proof'),
  })
  await assert.rejects(device.enroll(), { code: 'evidence_refused' })
})

test('an enrolment that needs an approval waits for it, over a restart', async () => {
  const directory = join(authority.scratch(), 'device')
  const device = authority.device({ directory, appId: 'guarded' })
  await assert.rejects(device.enroll({ approvalTimeoutMs: 0 }), { code: 'enrollment_pending' })
  assert.equal((await device.status()).state, 'pending')
  const restarted = authority.device({
    directory,
    appId: 'guarded',
    sleep: async () => {
      const { body } = await authority.admin('GET', '/approvals')
      const [approval] = body['approvals'] as { id: string }[]
      await authority.admin('POST', `/approvals/${approval?.id}/approve`, {})
    },
  })
  const { state, deviceId } = await restarted.enroll()
  assert.equal(state, 'active')
  assert.equal(await whoAmI(restarted), deviceId)
})

test('a one-time token enrols one device', async () => {
  const { body } = await authority.admin('POST', '/enrollment-tokens', { appId: 'invited' })
  const enrollmentToken = String(body['token'])
  const uninvited = authority.device({ appId: 'invited' })
  await assert.rejects(uninvited.enroll(), { code: 'enrollment_token_required' })
  assert.equal(
    (await authority.device({ appId: 'invited' }).enroll({ enrollmentToken })).state,
    'active',
  )
  await assert.rejects(uninvited.enroll({ enrollmentToken }), { code: 'enrollment_token_invalid' })
})

test('a revoked device is told to enrol again, and comes back as another', async () => {
  const device = authority.device()
  const { deviceId } = await device.enroll()
  const { status } = await authority.admin('POST', `/devices/${deviceId}/revoke`, {
    reason: 'lost',
  })
  assert.equal(status, 200)
  await assert.rejects(whoAmI(device), { code: 'device_revoked', action: 're-enroll' })
  assert.equal((await device.status()).state, 're-enroll')
  const again = await device.enroll()
  assert.notEqual(again.deviceId, deviceId)
  assert.equal(await whoAmI(device), again.deviceId)
})

test('a suspended device gets on when it is resumed', async () => {
  const device = authority.device({ retry: once })
  const { deviceId } = await device.enroll()
  await authority.admin('POST', `/devices/${deviceId}/suspend`, { reason: 'asked' })
  await assert.rejects(device.renew(), { code: 'device_suspended', action: undefined })
  await authority.admin('POST', `/devices/${deviceId}/resume`, { reason: 'found' })
  await device.renew()
  assert.equal(await whoAmI(device), deviceId)
})

test('an expired device renews by signature in the grace, and enrols after it', async (t) => {
  const own = await deployAuthority(t)
  const device = own.device()
  const { deviceId } = await device.enroll()
  own.clock.offsetMs += 10 * dayMs
  assert.equal(await whoAmI(device), deviceId)
  own.clock.offsetMs += 50 * dayMs
  await assert.rejects(whoAmI(device), { code: 'renewal_grace_over', action: 're-enroll' })
  const again = await device.enroll()
  assert.notEqual(again.deviceId, deviceId)
})

test('evidence that has aged is renewed with the certificate', async (t) => {
  const own = await deployAuthority(t)
  const device = own.device({ renewalKey: 'same' })
  const { deviceId } = await device.enroll()
  const { keyId } = (await device.certificate()) ?? {}
  for (let week = 0; week < 4; week++) {
    own.clock.offsetMs += 6 * dayMs
    await device.renew()
  }
  assert.equal((await device.certificate())?.keyId, keyId)
  own.clock.offsetMs += 30 * dayMs
  await device.renew()
  assert.notEqual((await device.certificate())?.keyId, keyId, 'new evidence comes with a new key')
  assert.equal(await whoAmI(device), deviceId)
})

test('with the first answer to every renewal lost, no device is locked out, suspended or doubled', async () => {
  const devices = Array.from({ length: 30 }, () => {
    let isFirst = true
    return authority.device({
      sleep: async () => {},
      wrapTransport: (transport) =>
        droppingTransport(transport, (request) => {
          if (!isRenewal(request) || !isFirst) return undefined
          isFirst = false
          return 'answer'
        }),
    })
  })
  for (const device of devices) {
    const { deviceId } = await device.enroll()
    await device.renew()
    assert.equal(await whoAmI(device), deviceId)
    assert.equal((await thumbprintsOf(deviceId)).length, 2)
    const { body } = await authority.admin('GET', `/devices/${deviceId}`)
    assert.equal((body['device'] as { status: string }).status, 'active')
  }
})
