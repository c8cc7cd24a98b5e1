import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createSnapshot } from '../../src/trust/snapshot.ts'
import { attestedApp, enrollAndroid } from '../fixture/attested-phone.ts'
import { readTestConfig } from '../fixture/deployment.ts'
import { listOf, strangers } from '../fixture/publisher.ts'
import {
  deployWatched,
  googleRootsJson,
  problemCodes,
  refresh,
  serialsOf,
  trustStatus,
  until,
  type Watched,
  watchedBy,
} from '../fixture/watched.ts'

const hourMs = 3_600_000
const keys = generateKeyPairSync('ed25519')
const section = 'snapshot: { file: snapshot.jws, publicKeyFile: snapshot-key.pem }'

function snapshotOf(
  serials: readonly string[],
  {
    hoursAgo = 0,
    privateKey = keys.privateKey,
  }: { hoursAgo?: number; privateKey?: KeyObject } = {},
): Promise<string> {
  return createSnapshot({
    fetchedAt: Date.now() - hoursAgo * hourMs,
    roots: Buffer.from(googleRootsJson),
    statusList: Buffer.from(listOf(...serials)),
    privateKey,
  })
}

/** An authority that takes a snapshot, and a publisher that it is not to ask. */
async function withSnapshot(
  snapshot: string | undefined,
  work: (deployment: Watched, place: (snapshot: string) => void) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-snapshot-'))
  const pem = keys.publicKey.export({ format: 'pem', type: 'spki' })
  writeFileSync(path.join(directory, 'snapshot-key.pem'), pem)
  const place = (text: string): void => writeFileSync(path.join(directory, 'snapshot.jws'), text)
  if (snapshot !== undefined) place(snapshot)
  const deployment = await deployWatched({ directory, sections: section })
  try {
    await work(deployment, place)
    assert.deepEqual(deployment.publisher.requests, [], 'it is not to be asked')
  } finally {
    await deployment.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

test('a host without internet takes roots and status list from a signed snapshot', async () => {
  await withSnapshot(await snapshotOf(strangers(4), { hoursAgo: 5 }), async (deployment) => {
    const status = await refresh(deployment)
    assert.deepEqual(status.problems, [])
    assert.equal(status.takesSnapshot, true)
    const { statusList, roots } = status
    assert.deepEqual([statusList.source, roots.source], ['snapshot', 'snapshot'])
    assert.ok(Math.abs(statusList.ageSeconds - 5 * 3_600) < 60)
    assert.equal(statusList.entries, 4)
    assert.equal((await enrollAndroid(deployment)).status, 201)
  })
})

test('a newer snapshot is taken up, and brings down the devices that it names', async () => {
  await withSnapshot(await snapshotOf(strangers(4), { hoursAgo: 5 }), async (deployment, place) => {
    await refresh(deployment)
    const { body } = await enrollAndroid(deployment)
    const [batch = ''] = await serialsOf(deployment, body.deviceId)
    place(await snapshotOf([...strangers(4), batch], { hoursAgo: 1 }))
    const status = await refresh(deployment)
    assert.equal(status.statusList.entries, 5)
    const { device } = (await deployment.admin(`/admin/v1/devices/${body.deviceId}`)).body
    assert.equal(device.status, 'suspended')
  })
})

test('an older snapshot is not taken up, after a restart neither, and that is said', async () => {
  const older = await snapshotOf(strangers(4), { hoursAgo: 5 })
  await withSnapshot(await snapshotOf(strangers(5)), async (deployment, place) => {
    await refresh(deployment)
    place(older)
    const status = await refresh(deployment)
    assert.deepEqual(problemCodes(status), ['trust_snapshot_older'])
    assert.equal(status.statusList.entries, 5)
    // Nor where the copies on disk are lost: the store remembers.
    await deployment.restart({
      whileDown: () => rmSync(path.join(deployment.directory, 'state'), { recursive: true }),
    })
    const restarted = await refresh(deployment)
    assert.deepEqual(problemCodes(restarted), ['trust_snapshot_older'])
    assert.equal(restarted.statusList.entries, 5)
  })
})

test('what another key signed is not believed, what was there stays in use, and that is said', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  await withSnapshot(await snapshotOf(strangers(4)), async (deployment, place) => {
    await refresh(deployment)
    place(await snapshotOf(strangers(9), { privateKey }))
    const status = await refresh(deployment)
    assert.deepEqual(problemCodes(status), ['trust_snapshot_refused'])
    assert.match(status.problems[0].detail, /snapshot\.jws: .*signature/)
    assert.equal(status.statusList.entries, 4)
  })
})

test('a snapshot that is not there yet is said, and read when it comes', async () => {
  await withSnapshot(undefined, async (deployment, place) => {
    const status = await refresh(deployment)
    assert.deepEqual(problemCodes(status), ['status_list_missing', 'trust_snapshot_refused'])
    assert.equal((await enrollAndroid(deployment)).status, 503)
    place(await snapshotOf(strangers(4)))
    assert.deepEqual((await refresh(deployment)).problems, [])
    assert.equal((await enrollAndroid(deployment)).status, 201)
  })
})

test('a snapshot whose list lost most of its entries is not taken up silently either', async () => {
  await withSnapshot(await snapshotOf(strangers(8), { hoursAgo: 5 }), async (deployment, place) => {
    await refresh(deployment)
    place(await snapshotOf(strangers(2)))
    const status = await refresh(deployment)
    assert.deepEqual(problemCodes(status), ['status_list_shrunk'])
    assert.equal(status.statusList.entries, 8)
    const { sha256 } = status.statusList.doubted
    await deployment.admin('/admin/v1/attestation/status-list/accept', { body: { sha256 } })
    assert.equal((await refresh(deployment)).statusList.entries, 2)
  })
})

test('a reload that brings a snapshot has it read at once, and the publisher asked no more', async () => {
  const deployment = await deployWatched()
  try {
    await refresh(deployment)
    const { directory, publisher } = deployment
    const pem = keys.publicKey.export({ format: 'pem', type: 'spki' })
    writeFileSync(path.join(directory, 'snapshot-key.pem'), pem)
    writeFileSync(path.join(directory, 'snapshot.jws'), await snapshotOf(strangers(7)))
    const attestation = watchedBy(publisher, '', section)
    await deployment.authority.reload(readTestConfig(directory, attestedApp(), attestation))
    await until(async () => (await trustStatus(deployment)).statusList.entries === 7)
    const asked = publisher.requests.length
    await refresh(deployment)
    assert.equal(publisher.requests.length, asked)
  } finally {
    await deployment.close()
  }
})
