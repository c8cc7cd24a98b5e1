import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isSallyportError, type TransportRequest } from '@sallyport/sdk'
import { devicePaths } from '@sallyport/wire'
import { cloneDevice, skewedClock, type VirtualDevice } from '../src/index.ts'
import { dayMs } from './authority-deployment.ts'
import { cleanUps } from './clean-ups.ts'
import { deployGateway, type GatewayDeployment } from './gateway-deployment.ts'

let deployment: GatewayDeployment
const whenOver = cleanUps()
before(async () => {
  deployment = await deployGateway(whenOver)
})
after(() => whenOver.run())

type Told = { method: string; url: string; headers: Record<string, string>; body: string }

async function call(
  device: VirtualDevice,
  ...rest: Parameters<VirtualDevice['fetch']>
): Promise<Told> {
  const response = await device.fetch(...rest)
  assert.equal(response.status, 200)
  return (await response.json()) as Told
}

for (const httpVersion of ['1.1', '2'] as const) {
  for (const host of ['require', 'explain'] as const) {
    test(`a device calls the service through a host of mode ${host}, over HTTP/${httpVersion}`, async () => {
      const device = deployment.device(host, { httpVersion, timeoutMs: 5_000 })
      const { deviceId } = await device.enroll()
      const told = await call(device, '/v1/orders?open=1', { method: 'POST', body: 'one' })
      assert.equal(`${told.method} ${told.url} ${told.body}`, 'POST /v1/orders?open=1 one')
      assert.ok(told.headers['sallyport-device']?.startsWith(`${deviceId};`))
      const body = new Blob(['a stream']).stream()
      assert.equal((await call(device, '/', { method: 'PUT', body })).body, 'a stream')
      await device.renew()
      assert.ok((await call(device, '/')).headers['sallyport-device']?.startsWith(`${deviceId};`))
    })
  }
}

for (const host of ['require', 'explain'] as const) {
  test(`a phone whose clock is behind learns that its certificate expired from a host of mode ${host}`, async () => {
    const clock = skewedClock(0)
    const renewals: string[] = []
    const device = deployment.device(host, {
      appId: 'brief',
      now: clock.now,
      wrapTransport: (transport) => ({
        ...transport,
        send: (request: TransportRequest) => {
          renewals.push(new URL(request.url).pathname)
          return transport.send(request)
        },
      }),
    })
    await device.enroll()
    await call(device, '/')
    clock.offsetMs = -dayMs
    await wait(3_000)
    const { deviceId } = await device.status()
    assert.ok((await call(device, '/')).headers['sallyport-device']?.startsWith(`${deviceId};`))
    assert.ok(renewals.includes(devicePaths.renewals))
  })

  test(`a revoked device is told by a host of mode ${host} to enrol again, and comes back`, async () => {
    const device = deployment.device(host)
    const { deviceId } = await device.enroll()
    await call(device, '/')
    await changeDevice(deviceId, 'revoke', 'lost')
    await assert.rejects(device.fetch('/'), { code: 'device_revoked', action: 're-enroll' })
    assert.equal((await device.status()).state, 're-enroll')
    const again = await device.enroll()
    assert.notEqual(again.deviceId, deviceId)
    await call(device, '/')
  })
}

test('a suspended device is refused with its codes until it is resumed', async () => {
  const device = deployment.device('explain')
  const { deviceId } = await device.enroll()
  await changeDevice(deviceId, 'suspend', 'asked')
  const refusal = await device.fetch('/').catch((error: unknown) => error)
  assert.ok(isSallyportError(refusal))
  assert.equal(refusal.code, 'device_suspended')
  assert.equal(refusal.status, 403)
  assert.equal(refusal.action, undefined)
  assert.match(refusal.supportCode ?? '', /^[A-Z0-9]{4}-[A-Z0-9]{4}$/)
  await changeDevice(deviceId, 'resume', 'found')
  await call(device, '/')
})

/** Until the gateway says that it has it. */
async function changeDevice(deviceId: string | undefined, verb: string, reason: string) {
  const { admin } = deployment.authority
  const { body } = await admin('POST', `/devices/${deviceId}/${verb}`, { reason })
  await until(async () => {
    const told = await admin('GET', `/changes/${String(body['seq'])}/receipts`)
    const receipts = told.body['receipts'] as { state: string }[]
    return receipts.some(({ state }) => state === 'applied')
  })
}

/** Forks in the audit log of a device. */
async function forksOf(deviceId: string): Promise<{ actor: string }[]> {
  const { body } = await deployment.authority.admin('GET', '/audit?limit=1000')
  const rows = body['rows'] as { action: string; subject: string; actor: string }[]
  return rows.filter(({ action, subject }) => action === 'device.forked' && subject === deviceId)
}

async function enrolledAndCloned(appId: string) {
  const directory = join(deployment.authority.scratch(), 'original')
  const cloneDirectory = join(deployment.authority.scratch(), 'clone')
  const original = deployment.device('explain', { directory, appId })
  const { deviceId = '' } = await original.enroll()
  await cloneDevice(directory, cloneDirectory)
  const clone = deployment.device('explain', { directory: cloneDirectory, appId })
  return { original, clone, deviceId }
}

test('a clone of a device that renewed and calls gateways alone is found out when it renews', async () => {
  const { original, clone, deviceId } = await enrolledAndCloned('wallet')
  await original.renew()
  await call(original, '/')
  // The gateway reports with its heartbeat.
  await until(async () => (await newestOf(deviceId)).usedAt !== null)
  await assert.rejects(clone.renew(), { code: 'renewal_forked', action: 're-enroll' })
  assert.equal((await forksOf(deviceId)).length, 1)
  assert.ok((await call(original, '/')).headers['sallyport-device']?.startsWith(`${deviceId};`))
})

test('a clone that renews before the gateway has reported is found out by the original', async () => {
  const { original, clone, deviceId } = await enrolledAndCloned('wallet')
  await original.renew()
  await clone.renew()
  await call(clone, '/')
  await assert.rejects(original.renew(), { code: 'renewal_forked', action: 're-enroll' })
  assert.equal((await forksOf(deviceId)).length, 1)
  assert.equal((await original.status()).state, 're-enroll')
  const again = await original.enroll()
  assert.notEqual(again.deviceId, deviceId)
})

test('a replaced certificate that calls a gateway is reported as a fork', async () => {
  const { original, clone, deviceId } = await enrolledAndCloned('wallet')
  await original.renew()
  await clone.renew()
  // It is refused, asks why, and renews: each of these tells.
  await assert.rejects(original.fetch('/'), { code: 'renewal_forked' })
  await until(async () => (await forksOf(deviceId)).length > 0)
})

test('a clone whose certificate has expired is found out by the authority, and the original goes on', async () => {
  const { original, clone, deviceId } = await enrolledAndCloned('brief')
  await original.renew()
  await original.renew()
  await call(original, '/')
  await assert.rejects(clone.fetch('/'), { code: 'renewal_forked', action: 're-enroll' })
  assert.equal((await forksOf(deviceId)).length, 1)
  assert.ok((await call(original, '/')).headers['sallyport-device']?.startsWith(`${deviceId};`))
})

async function newestOf(deviceId: string): Promise<{ usedAt: string | null }> {
  const { body } = await deployment.authority.admin('GET', `/devices/${deviceId}`)
  const [newest] = body['certificates'] as { usedAt: string | null }[]
  assert.ok(newest)
  return newest
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await holds()) return
    await wait(100)
  }
  assert.fail('it did not happen within thirty seconds')
}
