import assert from 'node:assert/strict'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

const open = (deployment: Deployment) => {
  const database = new DatabaseSync(path.join(deployment.directory, 'sallyport.db'))
  database.exec('PRAGMA busy_timeout = 5000')
  return database
}

/** Changes as another process would have made them. */
function addChanges(deployment: Deployment, count: number): number {
  const database = open(deployment)
  const { seq } = database.prepare("SELECT seq FROM heads WHERE name = 'feed'").get() as {
    seq: number
  }
  const insert = database.prepare(
    "INSERT INTO changes (seq, at, kind, key, status, until) VALUES (?, ?, 'device', ?, 'suspended', ?)",
  )
  const now = Date.now()
  database.exec('BEGIN')
  for (let next = 1; next <= count; next++) {
    insert.run(seq + next, now, `dev_${String(next).padStart(26, 'a')}`, now + 86_400_000)
  }
  database.prepare("UPDATE heads SET seq = ? WHERE name = 'feed'").run(seq + count)
  database.exec('COMMIT')
  database.close()
  return seq + count
}

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
    const last = addChanges(deployment, 40_000)
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
      addChanges(deployment, 20_000)
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
    const database = open(deployment)
    database.exec("UPDATE gateways SET status = 'revoked'")
    database.close()
    await following.ended
  }))

test('a gateway that is revoked while it connects is never left following', () =>
  withDeployment(async (deployment) => {
    addChanges(deployment, 3_000)
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
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not happen within ten seconds')
}
