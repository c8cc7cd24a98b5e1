import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { attestedApp, enrollAndroid } from '../fixture/attested-phone.ts'
import { readTestConfig } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { phoneOf } from '../fixture/phone.ts'
import { listOf, publish, strangers } from '../fixture/publisher.ts'
import {
  refresh,
  serialsOf,
  until,
  type Watched,
  watchedBy,
  withDeployed,
} from '../fixture/watched.ts'
import { editStore } from '../fixture/store-place.ts'

const withWatched = withDeployed(refresh)

async function enrolled(deployment: Watched): Promise<{ id: string; batch: string }> {
  const { status, body, text } = await enrollAndroid(deployment)
  assert.equal(status, 201, text)
  const [batch = ''] = await serialsOf(deployment, body.deviceId)
  return { id: body.deviceId, batch }
}

async function deviceOf({ admin }: Watched, id: string) {
  return (await admin(`/admin/v1/devices/${id}`)).body.device
}

async function auditOf({ admin }: Watched, subject: string) {
  const { rows } = (await admin('/admin/v1/audit?limit=1000')).body
  return rows.filter((row: { subject: string }) => row.subject === subject)
}

/** Publishes a list, beside strangers, and has the authority fetch it. */
function list(deployment: Watched, ...entries: [serial: string, status: string][]) {
  const { entries: others } = JSON.parse(listOf(...strangers(4)))
  const mine = Object.fromEntries(entries.map(([serial, status]) => [serial, { status }]))
  const text = JSON.stringify({ entries: { ...others, ...mine } })
  deployment.publisher.answer('/status', publish(text))
  return refresh(deployment)
}

test('a device whose chain holds a serial that enters the list is suspended, on the feed and in the audit log', () =>
  withWatched(async (deployment) => {
    const listed = await enrolled(deployment)
    const other = await enrolled(deployment)
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    const following = await follow(deployment, `?after=${body.seq}`)
    const status = await list(deployment, [listed.batch, 'REVOKED'])
    const device = await deviceOf(deployment, listed.id)
    assert.equal(device.status, 'suspended')
    assert.equal(device.statusReason, `the attestation key is listed: ${listed.batch} REVOKED`)
    const { data } = await following.until(({ event }) => event === 'change')
    assert.equal(data.key, listed.id)
    assert.equal(data.status, 'suspended')
    const rows = await auditOf(deployment, listed.id)
    const last = rows.at(-1)
    assert.equal(last.action, 'device.suspended')
    assert.equal(last.actor, 'authority')
    assert.equal(last.detail.seq, data.seq)
    assert.equal((await deviceOf(deployment, other.id)).status, 'active')
    assert.equal(status.devices.listed, 1)
    assert.equal(status.devices.waiting, 0)
    const metrics = (await deployment.operations('/metrics')).text
    assert.match(metrics, /listed_devices_total\{outcome="suspended"\} 1\n/)
    following.close()
  }))

test('every certificate of the chain counts, SUSPENDED as much as REVOKED', () =>
  withWatched(async (deployment) => {
    for (const position of [0, 1]) {
      const { id } = await enrolled(deployment)
      const serial = (await serialsOf(deployment, id))[position]
      assert.ok(serial)
      await list(deployment, [serial, 'SUSPENDED'])
      assert.equal((await deviceOf(deployment, id)).status, 'suspended', `position ${position}`)
      await list(deployment)
    }
  }))

const policies = [
  { policy: 'notify', entry: 'REVOKED', becomes: 'active', action: 'device.key-listed' },
  { policy: 'suspend', entry: 'REVOKED', becomes: 'suspended', action: 'device.suspended' },
  { policy: 'revoke', entry: 'REVOKED', becomes: 'revoked', action: 'device.revoked' },
  // It may be lifted, and a revocation cannot.
  { policy: 'revoke', entry: 'SUSPENDED', becomes: 'suspended', action: 'device.suspended' },
] as const
for (const { policy, entry, becomes, action } of policies) {
  test(`under policy ${policy} a device whose key is ${entry} is ${becomes}, once`, () =>
    withWatched(
      async (deployment) => {
        const { id, batch } = await enrolled(deployment)
        await list(deployment, [batch, entry])
        await refresh(deployment)
        assert.equal((await deviceOf(deployment, id)).status, becomes)
        const rows = await auditOf(deployment, id)
        assert.equal(rows.filter((row: { action: string }) => row.action === action).length, 1)
        assert.equal(rows.at(-1).action, action)
      },
      { more: `onRevokedSerial: ${policy}` },
    ))
}

test('under policy revoke a suspended key that is revoked later revokes the device', () =>
  withWatched(
    async (deployment) => {
      const { id, batch } = await enrolled(deployment)
      await list(deployment, [batch, 'SUSPENDED'])
      await list(deployment, [batch, 'REVOKED'])
      assert.equal((await deviceOf(deployment, id)).status, 'revoked')
    },
    { more: 'onRevokedSerial: revoke' },
  ))

test('a key that leaves the list is told, only an operator resumes its devices, and listed again it suspends again', () =>
  withWatched(async (deployment) => {
    const { id, batch } = await enrolled(deployment)
    await list(deployment, [batch, 'SUSPENDED'])
    const lifted = await list(deployment)
    assert.deepEqual([lifted.devices.listed, lifted.devices.lifted], [0, 1])
    assert.equal((await deviceOf(deployment, id)).status, 'suspended')
    const listed = '/admin/v1/attestation/listed-devices'
    const { body } = await deployment.admin(`${listed}?state=lifted`)
    assert.deepEqual(
      body.devices.map((device: { deviceId: string }) => device.deviceId),
      [id],
    )
    await deployment.admin(`/admin/v1/devices/${id}/resume`, { body: { reason: 'lifted' } })
    assert.equal((await refresh(deployment)).devices.lifted, 0)
    assert.equal((await deviceOf(deployment, id)).status, 'active')
    await list(deployment, [batch, 'REVOKED'])
    assert.equal((await deviceOf(deployment, id)).status, 'suspended')
    const again = (await deployment.admin(listed)).body.devices
    assert.equal(again[0].listed, 'REVOKED')
    assert.ok(again[0].handledAt)
  }))

test('a device that an operator resumes although its key is listed stays so', () =>
  withWatched(async (deployment) => {
    const { id, batch } = await enrolled(deployment)
    await list(deployment, [batch, 'REVOKED'])
    await deployment.admin(`/admin/v1/devices/${id}/resume`, { body: {} })
    await refresh(deployment)
    await list(deployment, [batch, 'REVOKED'], ['abcd', 'REVOKED'])
    assert.equal((await deviceOf(deployment, id)).status, 'active')
  }))

test('a stricter policy handles anew what was handled, from one reload to the next', () =>
  withWatched(
    async (deployment) => {
      const { id, batch } = await enrolled(deployment)
      await list(deployment, [batch, 'REVOKED'])
      assert.equal((await deviceOf(deployment, id)).status, 'active')
      const { directory, publisher } = deployment
      const stricter = watchedBy(publisher, 'onRevokedSerial: suspend')
      await deployment.authority.reload(readTestConfig(directory, attestedApp(), stricter))
      await until(async () => (await deviceOf(deployment, id)).status === 'suspended')
    },
    { more: 'onRevokedSerial: notify' },
  ))

test('an app has a policy of its own', () =>
  withWatched(
    async (deployment) => {
      const { id, batch } = await enrolled(deployment)
      await list(deployment, [batch, 'REVOKED'])
      assert.equal((await deviceOf(deployment, id)).status, 'revoked')
    },
    { apps: attestedApp({ more: 'attestation: { onRevokedSerial: revoke }' }) },
  ))

test('in mode shadow an operator is told, and in mode enforce it is carried out', () =>
  withWatched(
    async (deployment) => {
      const { id, batch } = await enrolled(deployment)
      await list(deployment, [batch, 'REVOKED'])
      assert.equal((await deviceOf(deployment, id)).status, 'active')
      assert.equal((await auditOf(deployment, id)).at(-1).action, 'device.key-listed')
      const { directory, publisher } = deployment
      const config = readTestConfig(directory, attestedApp(), watchedBy(publisher))
      await deployment.authority.reload(config)
      await until(async () => (await deviceOf(deployment, id)).status === 'suspended')
    },
    { apps: attestedApp({ enrollment: 'mode: shadow' }) },
  ))

test('a device that enrolled while the list changed is found by the next round', () =>
  withWatched(async (deployment) => {
    const { id, batch } = await enrolled(deployment)
    // As if the list had been taken up between its appraisal and its write.
    const { directory } = deployment
    await editStore(directory, `delete from attestation_serials where device_id = '${id}'`)
    await list(deployment, [batch, 'REVOKED'])
    assert.equal((await deviceOf(deployment, id)).status, 'active')
    const row = `('${batch}', '${id}')`
    await editStore(directory, `insert into attestation_serials (serial, device_id) values ${row}`)
    await refresh(deployment)
    assert.equal((await deviceOf(deployment, id)).status, 'suspended')
  }))

test('the phone hears that it is suspended, and not why', () =>
  withWatched(async (deployment) => {
    const { key, body } = await enrollAndroid(deployment)
    const phone = phoneOf(key, body)
    const [batch = ''] = await serialsOf(deployment, body.deviceId)
    await list(deployment, [batch, 'REVOKED'])
    const me = await deployment.device(devicePaths.me, phone.tls)
    assert.deepEqual([me.status, me.body.code], [403, 'device_suspended'])
    assert.doesNotMatch(me.text, new RegExp(batch))
  }))

test('a device that has ended is not touched', () =>
  withWatched(async (deployment) => {
    const { id, batch } = await enrolled(deployment)
    await deployment.admin(`/admin/v1/devices/${id}/revoke`, { body: { reason: 'lost' } })
    await list(deployment, [batch, 'REVOKED'])
    const device = await deviceOf(deployment, id)
    assert.deepEqual([device.status, device.statusReason], ['revoked', 'lost'])
    assert.equal((await auditOf(deployment, id)).at(-1).action, 'device.revoked')
  }))
