import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { snapshotMediaType } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { messageOf, type snapshotOf } from '../fixture/feed-reader.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'
import { withStore } from '../fixture/store-place.ts'

const count = 100_000

/** Revoked certificates, as many as a large deployment has, of one device. */
async function addRevoked({ directory }: Deployment, deviceId: string): Promise<void> {
  // All at one time: the index alone tells them apart.
  const not_after = Date.now() + 86_400_000
  await withStore(directory, async (store) => {
    const certificates = store.read.selectFrom('certificates').selectAll()
    const known = await certificates.executeTakeFirstOrThrow()
    for (let start = 0; start < count; start += perWrite) {
      const rows = Array.from({ length: perWrite }, () => ({
        ...known,
        thumbprint: randomBytes(32).toString('base64url'),
        serial: randomBytes(16).toString('hex'),
        device_id: deviceId,
        status: 'revoked' as const,
        not_after,
        der: Buffer.alloc(1),
      }))
      await store.write((tx) => tx.insertInto('certificates').values(rows).execute())
    }
  })
}

const perWrite = 1_000

test(`a snapshot of ${count} revoked certificates holds nobody up, and is made once for all who ask`, async (t) => {
  // It stands still while they ask: one that grew old is made again.
  let stoppedAt: number | undefined
  const deployment = await deploy({ now: () => stoppedAt ?? Date.now() })
  try {
    const { issued } = await enroll(deployment)
    await addRevoked(deployment, issued.deviceId)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    stoppedAt = Date.now()
    const begun = performance.now()
    const get = (encoding: string) =>
      deployment.gatewayCall('/gateway/v1/snapshot', { headers: { 'accept-encoding': encoding } })
    const compressed = await Promise.all(['zstd, gzip', 'gzip', 'zstd'].map(get))
    const tookMs = performance.now() - begun
    delay.disable()
    const answers = [...compressed, await get('identity')]
    const [zstd, gzip, , plain] = answers
    assert.deepEqual(
      answers.map(({ headers }) => [headers['content-type'], headers['content-encoding']]),
      [
        [snapshotMediaType, 'zstd'],
        [snapshotMediaType, 'gzip'],
        [snapshotMediaType, 'zstd'],
        [snapshotMediaType, undefined],
      ],
    )
    assert.deepEqual(zstdDecompressSync(zstd?.bytes ?? Buffer.alloc(0)), plain?.bytes)
    assert.deepEqual(gunzipSync(gzip?.bytes ?? Buffer.alloc(0)), plain?.bytes)
    assert.equal(plain?.body.certificates.length, count)
    assert.ok(delay.max / 1e6 < tookMs / 2, 'others have their turn meanwhile')
    const again = performance.now()
    await get('zstd')
    t.diagnostic(
      `three in ${tookMs.toFixed()} ms, one more in ${(performance.now() - again).toFixed()} ms; ` +
        `${plain?.bytes.length} bytes, ${gzip?.bytes.length} as gzip, ${zstd?.bytes.length} as zstd; ` +
        `the loop was held ${(delay.max / 1e6).toFixed()} ms at most`,
    )
  } finally {
    await deployment.close()
  }
})

test('a snapshot that is made while everything changes comes, with the changes after it, to what the registry says', async () => {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    const phones = await Promise.all(Array.from({ length: 60 }, () => enroll(deployment)))
    const verbs = ['suspend', 'resume', 'suspend', 'revoke'] as const
    const changing = phones.map(async ({ issued }, index) => {
      for (const verb of verbs.slice(0, 1 + (index % verbs.length))) {
        const at = `/admin/v1/devices/${issued.deviceId}/${verb}`
        assert.equal((await deployment.admin(at, { body: {} })).status, 200)
      }
    })
    const snapshots: ReturnType<typeof snapshotOf>[] = []
    const isDone = Promise.all(changing).then(() => true)
    while (!(await Promise.race([isDone, Promise.resolve(false)]))) {
      snapshots.push((await deployment.gatewayCall('/gateway/v1/snapshot')).body)
    }
    const { seq: head } = (await deployment.admin('/admin/v1/feed')).body
    const { body: last } = await deployment.gatewayCall(`/gateway/v1/snapshot?least=${head}`)
    assert.equal(last.seq, head)
    const expected = new Map<string, string>(
      last.devices.map(({ key, status }: { key: string; status: string }) => [key, status]),
    )
    for (const snapshot of snapshots) {
      const known = new Map(snapshot.devices.map(({ key, status }) => [key, status]))
      if (snapshot.seq < last.seq) {
        const following = await follow(deployment, `?after=${snapshot.seq}`)
        await following.until(({ id }) => id === String(last.seq))
        for (const { event, data } of following.events) {
          if (event !== 'change') continue
          if (data.status === 'active') known.delete(data.key)
          else known.set(data.key, data.status)
        }
        following.close()
      }
      assert.deepEqual([...known].toSorted(), [...expected].toSorted())
    }
    assert.ok(snapshots.length > 1)
  } finally {
    await deployment.close()
  }
})

test('the seal of a snapshot says its epoch, number, length and hash; a lower number than asked is not given', async () => {
  const deployment = await deploy()
  try {
    const { body, bytes } = await deployment.gatewayCall('/gateway/v1/snapshot?least=0')
    const seal = messageOf(body.seal)
    assert.ok(seal.type === 'snapshot')
    assert.deepEqual([seal.epoch, seal.seq], [body.epoch, body.seq])
    assert.equal(seal.bytes, bytes.length - 2 - body.seal.length)
    const { body: keys } = await deployment.gatewayCall('/gateway/v1/feed-keys?after=0')
    const set = messageOf(keys.sets[0])
    assert.ok(set.type === 'keys' && set.number > 0 && set.keys.length === 1)
  } finally {
    await deployment.close()
  }
})

test('one batch is signed once for all who are at the same point, and each is greeted with its own nonce', async () => {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    const { issued } = await enroll(deployment)
    const nonces = Array.from({ length: 5 }, () => randomBytes(16).toString('base64url'))
    const followings = await Promise.all(
      nonces.map((nonce) => follow(deployment, `?after=0&nonce=${nonce}`)),
    )
    for (const [index, following] of followings.entries()) {
      const hello = await following.until(({ event }) => event === 'hello')
      assert.ok(hello.data.nonces.includes(nonces[index]))
    }
    const at = `/admin/v1/devices/${issued.deviceId}/suspend`
    const { seq } = (await deployment.admin(at, { body: {} })).body
    const texts = followings.map(async (following) => {
      const told = await following.until(({ id }) => id === String(seq))
      return told.jws
    })
    assert.equal(new Set(await Promise.all(texts)).size, 1)
    for (const following of followings) following.close()
    for (const nonce of ['short', 'x'.repeat(23), '%00'.repeat(22)]) {
      const refused = await deployment.gatewayCall(`/gateway/v1/feed?after=0&nonce=${nonce}`)
      assert.equal(refused.status, 400)
    }
  } finally {
    await deployment.close()
  }
})
