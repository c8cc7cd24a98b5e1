import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendChanges } from '../../src/feed/append-change.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'
import { editStore, withStore } from '../fixture/store-place.ts'

/** Changes as another process would have made them. */
async function addChanges({ directory }: Deployment, count: number): Promise<number> {
  const at = Date.now()
  const changes = Array.from({ length: count }, (_, index) => ({
    at,
    kind: 'device' as const,
    key: `dev_${String(index + 1).padStart(26, 'a')}`,
    status: 'suspended',
    until: at + 86_400_000,
  }))
  return withStore(directory, (store) =>
    store.write(async (tx) => {
      let last = 0
      for (let start = 0; start < count; start += perStatement) {
        const some = changes.slice(start, start + perStatement)
        last = (await appendChanges(tx, some)) + some.length - 1
      }
      return last
    }),
  )
}

const perStatement = 3_000

async function withDeployment(work: (deployment: Deployment) => Promise<void>): Promise<void> {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    await work(deployment)
  } finally {
    await deployment.close()
  }
}

test('a gateway that is forty thousand changes behind catches up in one stream, without a gap', () =>
  withDeployment(async (deployment) => {
    const last = await addChanges(deployment, 40_000)
    const following = await follow(deployment, '?after=0')
    const ended = following.ended.then(() => 'ended')
    const told = following.until(({ id }) => id === String(last))
    assert.notEqual(await Promise.race([ended, told]), 'ended')
    const numbers = following.events.filter(({ event }) => event === 'change').map(({ id }) => id)
    assert.equal(numbers.length, last)
    assert.ok(numbers.every((id, index) => id === String(index + 1)))
    following.close()
  }))

test('a gateway that takes nothing is cut, and costs no memory until then', () =>
  withDeployment(async (deployment) => {
    const following = await follow(deployment, '?after=0')
    await following.until(() => true)
    following.pause()
    const before = process.memoryUsage().rss
    for (let round = 0; round < 4; round++) {
      await addChanges(deployment, 20_000)
      await deployment.gatewayCall('/gateway/v1/snapshot')
    }
    await waitUntil(async () => (await followers(deployment)) === 0)
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024)
    following.close()
  }))

test('a gateway that another process revoked is cut by the next heartbeat', () =>
  withDeployment(async (deployment) => {
    const following = await follow(deployment, '?after=0')
    await following.until(() => true)
    await editStore(deployment.directory, "UPDATE gateways SET status = 'revoked'")
    await following.ended
  }))

test('a gateway that is revoked while it connects is never left following', () =>
  withDeployment(async (deployment) => {
    await addChanges(deployment, 3_000)
    const followings = Array.from({ length: 20 }, () => follow(deployment, '?after=0'))
    await deployment.admin('/admin/v1/gateways/gateway-1/revoke', { body: {} })
    for (const following of await Promise.all(followings)) {
      if (following.status === 200) await following.ended
    }
    assert.equal(await followers(deployment), 0)
  }))

test('changes made at once are told in one order, from whatever point a gateway resumes', () =>
  withDeployment(async (deployment) => {
    const phones = await Promise.all(Array.from({ length: 40 }, () => enroll(deployment)))
    const early = await follow(deployment, '?after=0')
    await Promise.all(
      phones.map(async ({ issued }) => {
        for (const verb of ['suspend', 'resume', 'suspend', 'revoke']) {
          const at = `/admin/v1/devices/${issued.deviceId}/${verb}`
          assert.equal((await deployment.admin(at, { body: {} })).status, 200)
        }
      }),
    )
    const last = await headOf(deployment)
    await early.until(({ id }) => id === String(last))
    const all = early.events.filter(({ event }) => event === 'change').map(({ data }) => data)
    assert.deepEqual(
      all.map(({ seq }) => seq),
      Array.from({ length: last }, (_, index) => index + 1),
    )
    for (let after = 0; after < last; after += 23) {
      const resumed = await follow(deployment, `?after=${after}`)
      await resumed.until(({ id }) => id === String(last))
      const told = resumed.events.filter(({ event }) => event === 'change').map(({ data }) => data)
      assert.deepEqual(told, all.slice(after))
      resumed.close()
    }
    early.close()
  }))

async function headOf(deployment: Deployment): Promise<number> {
  return (await deployment.gatewayCall('/gateway/v1/snapshot')).body.seq
}

async function followers(deployment: Deployment): Promise<number> {
  const { text } = await deployment.operations('/metrics')
  return Number(/^sallyport_authority_feed_followers\S* (\d+)/m.exec(text)?.[1])
}

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not happen within a minute')
}
