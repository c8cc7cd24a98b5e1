import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

async function withDeployment(
  work: (deployment: Deployment) => Promise<void>,
  heartbeatMs = 50,
): Promise<void> {
  const deployment = await deploy({ heartbeatMs })
  try {
    await work(deployment)
  } finally {
    await deployment.close()
  }
}

const suspend = async (deployment: Deployment, id: string, verb = 'suspend') =>
  (await deployment.admin(`/admin/v1/devices/${id}/${verb}`, { body: {} })).body.seq as number

test('a snapshot holds issuers, and what is not active, as of its number', () =>
  withDeployment(async (deployment) => {
    const { issued } = await enroll(deployment)
    await enroll(deployment)
    const seq = await suspend(deployment, issued.deviceId)
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.equal(body.seq, seq)
    assert.deepEqual(body.issuers.map(({ kind }: { kind: string }) => kind).sort(), [
      'development',
      'device',
    ])
    assert.deepEqual(
      body.devices.map(({ key, status }: { key: string; status: string }) => [key, status]),
      [[issued.deviceId, 'suspended']],
    )
    assert.ok(body.devices[0].until > Date.now())
    await suspend(deployment, issued.deviceId, 'resume')
    const resumed = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.deepEqual(resumed.body.devices, [])
  }))

test('the feed tells each change in order, with a heartbeat at once and then by the clock', () =>
  withDeployment(async (deployment) => {
    const { issued } = await enroll(deployment)
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    const following = await follow(deployment, `?epoch=${body.epoch}&after=${body.seq}`)
    const first = await following.until(() => true)
    assert.equal(first.event, 'hello')
    assert.deepEqual(first.data.epoch, body.epoch)
    const began = performance.now()
    const seq = await suspend(deployment, issued.deviceId)
    const change = await following.until(({ event }) => event === 'change')
    assert.ok(performance.now() - began < 1_000)
    assert.equal(change.id, String(seq))
    assert.equal(change.data.kind, 'device')
    assert.equal(change.data.key, issued.deviceId)
    assert.equal(change.data.status, 'suspended')
    await following.until(({ event, data }) => event === 'heartbeat' && data.seq === seq)
    following.close()
  }))

test('a gateway resumes after the last number it was told, and misses nothing', () =>
  withDeployment(async (deployment) => {
    const phones = await Promise.all(Array.from({ length: 6 }, () => enroll(deployment)))
    const numbers: number[] = []
    for (const { issued } of phones) numbers.push(await suspend(deployment, issued.deviceId))
    const after = Number(numbers[1])
    const following = await follow(deployment, '', { 'last-event-id': String(after) })
    await following.until(({ id }) => id === String(numbers[5]))
    const told = following.events
      .filter(({ event }) => event === 'change')
      .map(({ id }) => Number(id))
    assert.deepEqual(told, numbers.slice(2))
    following.close()
  }))

test('changes made while a gateway catches up come once and in order', () =>
  withDeployment(async (deployment) => {
    const phones = await Promise.all(Array.from({ length: 30 }, () => enroll(deployment)))
    const changes = phones.map(({ issued }) => suspend(deployment, issued.deviceId))
    const followings = await Promise.all(
      Array.from({ length: 4 }, () => follow(deployment, '?after=0')),
    )
    const last = Math.max(...(await Promise.all(changes)))
    for (const following of followings) {
      await following.until(({ id }) => id === String(last))
      const told = following.events
        .filter(({ event }) => event === 'change')
        .map(({ id }) => Number(id))
      assert.deepEqual(
        told,
        Array.from({ length: last }, (_, index) => index + 1),
      )
      following.close()
    }
  }))

test('a feed of another epoch, or beyond its end, is gone', () =>
  withDeployment(async (deployment) => {
    for (const query of ['?epoch=epo_other&after=0', '?after=999999']) {
      const answer = await deployment.gatewayCall(`/gateway/v1/feed${query}`)
      assert.equal(answer.status, 410, answer.text)
      assert.equal(answer.body.code, 'feed_gone')
    }
  }))

test('the feed of a gateway that is revoked ends, and it is not answered any more', () =>
  withDeployment(async (deployment) => {
    const following = await follow(deployment)
    await following.until(() => true)
    const revoked = await deployment.admin('/admin/v1/gateways/gateway-1/revoke', { body: {} })
    assert.equal(revoked.body.status, 'revoked')
    await following.ended
    const answer = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.equal(answer.status, 403)
    assert.equal(answer.body.code, 'gateway_revoked')
  }))

test('the feed ends with the authority and goes on with the next one', () =>
  withDeployment(async (deployment) => {
    const { issued } = await enroll(deployment)
    const following = await follow(deployment)
    await following.until(() => true)
    await deployment.restart()
    await following.ended
    const seq = await suspend(deployment, issued.deviceId)
    const next = await follow(deployment, `?after=${seq - 1}`)
    assert.equal((await next.until(({ event }) => event === 'change')).id, String(seq))
    next.close()
  }))
