import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, startBed } from './support/gateway.ts'

// What a kill -9 leaves behind at this moment: the state as it is on disk, taken up by another gateway.
async function startFromDisk(t: TestContext, bed: Bed): Promise<Bed> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-kept-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await cp(path.join(bed.directory, 'state'), path.join(directory, 'state'), { recursive: true })
  await bed.authority.stop()
  return startBed(t, { world: bed.world, authority: bed.authority, directory })
}

const applied = (bed: Bed, seq: number): Promise<void> =>
  eventually(() =>
    bed.authority.reports.some((report) => report.applied.some((a) => a.seq === seq)),
  )

test('a change that was reported as applied outlives a crash at that very moment', async (t) => {
  const bed = await startBed(t)
  const devices = await Promise.all([1, 2, 3].map(() => bed.world.device()))
  const good = await bed.world.device()
  for (const { deviceId } of devices) {
    await applied(bed, bed.authority.change('device', deviceId, 'revoked'))
  }
  const after = await startFromDisk(t, bed)
  for (const device of devices) {
    assert.equal((await askOnce(after, device)).json()['code'], 'device_revoked')
  }
  assert.equal((await askOnce(after, good)).status, 200)
})

test('a change behind a new epoch is not reported before both can be taken up again', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  bed.authority.epoch = 'epo_bbbbbbbbbbbbbbbbbbbbbbbbbb'
  bed.authority.heartbeat()
  await eventually(() => bed.authority.snapshotsGiven === 2)
  await eventually(() => bed.authority.feeds > 0)
  await applied(bed, bed.authority.change('device', device.deviceId, 'revoked'))
  const after = await startFromDisk(t, bed)
  assert.equal((await askOnce(after, device)).json()['code'], 'device_revoked')
})

test('a time of the snapshot that is still to come makes it old, not fresh', async (t) => {
  const bed = await startBed(t)
  const file = path.join(bed.directory, 'state', 'status.snapshot')
  await eventually(async () => (await readFile(file, 'utf8').catch(() => '')) !== '')
  const text = await readFile(file, 'latin1')
  const later = String(Date.now() + 3_600_000 * 30).padStart(16, '0')
  await writeFile(file, text.replace(/heard=\d{16}/, `heard=${later}`), 'latin1')
  const after = await startFromDisk(t, bed)
  assert.equal((await askOnce(after, await bed.world.device())).json()['code'], 'status_stale')
})

test('an authority with an older store does not bring back who was revoked', async (t) => {
  const bed = await startBed(t)
  const revoked = await bed.world.device()
  const suspended = await bed.world.device()
  await applied(bed, bed.authority.change('device', suspended.deviceId, 'suspended'))
  await applied(bed, bed.authority.change('device', revoked.deviceId, 'revoked'))
  bed.authority.goBack()
  await eventually(() => bed.authority.snapshotsGiven > 1, 10_000)
  await eventually(() => bed.log.some(({ message }) => message.includes('has forgotten')))
  assert.equal((await askOnce(bed, revoked)).json()['code'], 'device_revoked')
  assert.equal((await askOnce(bed, suspended)).json()['code'], 'device_suspended')
  bed.authority.change('device', suspended.deviceId, 'active')
  await eventually(async () => (await askOnce(bed, suspended)).status === 200)
  assert.equal((await askOnce(bed, revoked)).json()['code'], 'device_revoked')
})

test('nonsense in the feed costs a snapshot, not a change', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  for (const nonsense of ['{', '{"seq":"x"}', `"${'x'.repeat(300_000)}"`, '[]']) {
    const victim = await bed.world.device()
    bed.authority.garble(`event: changes\ndata: ${nonsense}\n\n`)
    bed.authority.change('device', victim.deviceId, 'revoked')
    await eventually(
      // A connection of before may be cut off.
      async () => {
        const answer = await askOnce(bed, victim).catch(() => undefined)
        return answer?.json()['code'] === 'device_revoked'
      },
      10_000,
    )
  }
  assert.equal((await askOnce(bed, device)).status, 200)
})

test('the certificate of an issuer that cannot be read does not reach the workers', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  const certificate = Buffer.from('no certificate').toString('base64url')
  bed.authority.change('issuer', 'key', 'active', {
    ...bed.world.trusted(bed.world.deviceCa),
    certificate,
  })
  await eventually(() => bed.log.some(({ message }) => message.includes('not heard')))
  assert.equal((await askOnce(bed, device)).status, 200)
  assert(!bed.log.some(({ message }) => message.includes('broke')))
})

test('the authority hears of a gateway as soon as that one has a snapshot', async (t) => {
  const bed = await startBed(t)
  await eventually(() => bed.authority.reports.length > 0, 1_000)
})
