import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { askOnce, eventually } from './support/client.ts'
import { route, startBed } from './support/gateway.ts'
import { TestAuthority } from './support/authority.ts'
import { createWorld } from './support/world.ts'

const host = 'api.example.com'
const hosts = {
  [host]: {
    clientCertificate: 'explain',
    routes: [route({ match: { path: '/sensitive' }, sensitive: true }), route()],
  },
  'open.example.com': { clientCertificate: 'off' },
}
/** Far enough apart for a machine that is slow for a while: heard of last was the authority a second ago. */
const limits = { warnAfterSeconds: 1, sensitiveAfterSeconds: 6, stopAfterSeconds: 14 }

test('while the authority is away, sensitive routes stop first, then all; then all go on', async (t) => {
  const bed = await startBed(t, { hosts, gateway: { status: limits } })
  const device = await bed.world.device()
  const code = async (target: string) => (await askOnce(bed, device, target)).json()['code']
  await bed.authority.stop()
  const stoppedAt = performance.now()
  assert.equal((await askOnce(bed, device, '/sensitive')).status, 200)
  await eventually(async () => (await code('/sensitive')) === 'status_stale', 20_000)
  assert(performance.now() - stoppedAt > 4_900)
  assert.equal((await askOnce(bed, device, '/other')).status, 200)
  await eventually(async () => (await code('/other')) === 'status_stale', 20_000)
  const stale = await askOnce(bed, device)
  assert.equal(stale.status, 503)
  assert.equal(stale.headers['retry-after'], '30')
  assert.equal((await askOnce(bed, undefined, '/', { host: 'open.example.com' })).status, 200)
  const ready = await fetch(`${bed.operations}/health/ready`)
  assert.equal(ready.status, 503)
  await bed.authority.start()
  await eventually(async () => (await askOnce(bed, device, '/sensitive')).status === 200, 15_000)
  assert.equal((await fetch(`${bed.operations}/health/ready`)).status, 200)
})

test('without a snapshot a gateway is not ready, and refuses; then its authority comes', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  await authority.stop()
  const bed = await startBed(t, { hosts, world, authority, authorityIsAway: true })
  const device = await world.device()
  const answer = await askOnce(bed, device)
  assert.equal(answer.status, 503)
  assert.equal(answer.json()['code'], 'status_stale', 'the public face of status_unavailable')
  const ready = await fetch(`${bed.operations}/health/ready`)
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /no verified snapshot/)
  await authority.start()
  await eventually(async () => (await askOnce(bed, device)).status === 200, 15_000)
})

test('started without its authority, a gateway decides by its snapshot and says how old it is', async (t) => {
  const first = await startBed(t, { hosts })
  const { world, authority, directory } = first
  const revoked = await world.device()
  const good = await world.device()
  authority.change('device', revoked.deviceId, 'revoked')
  await eventually(async () => {
    const kept = await readFile(path.join(directory, 'state/status.snapshot')).catch(() => '')
    return kept.includes('"status":"revoked"')
  })
  await first.gateway.close()
  await authority.stop()
  const second = await startBed(t, { hosts, world, authority, directory, authorityIsAway: true })
  assert.equal((await askOnce(second, good)).status, 200)
  assert.equal((await askOnce(second, revoked)).json()['code'], 'device_revoked')
  const said = second.log.find(({ message }) => message === 'status taken up from disk')
  assert.equal(typeof said?.fields['ageSeconds'], 'number')
})

test('an old snapshot counts from when its authority was last heard', async (t) => {
  const first = await startBed(t, { hosts })
  const { world, authority, directory } = first
  await first.gateway.close()
  await authority.stop()
  const file = path.join(directory, 'state/status.snapshot')
  const text = await readFile(file, 'latin1')
  const old = String(Date.now() - 2 * 86_400_000).padStart(16, '0')
  await writeFile(file, text.replace(/heard=\d{16}/, `heard=${old}`), 'latin1')
  const second = await startBed(t, { hosts, world, authority, directory, authorityIsAway: true })
  assert.equal((await askOnce(second, await world.device())).json()['code'], 'status_stale')
})

test('a snapshot that was damaged is not believed', async (t) => {
  const first = await startBed(t, { hosts })
  const { world, authority, directory } = first
  await first.gateway.close()
  await authority.stop()
  const file = path.join(directory, 'state/status.snapshot')
  const text = await readFile(file, 'latin1')
  await writeFile(file, text.replace('"seq":0', '"seq":1'), 'latin1')
  const second = await startBed(t, { hosts, world, authority, directory, authorityIsAway: true })
  assert.equal((await askOnce(second, await world.device())).status, 503)
  assert(second.log.some(({ message }) => message.includes('cannot be believed')))
})

test('a change of a kind that is not understood makes the gateway stale at once', async (t) => {
  const bed = await startBed(t, { hosts })
  const device = await bed.world.device()
  assert.equal((await askOnce(bed, device)).status, 200)
  bed.authority.change('tenant', 'ten_1', 'revoked')
  await eventually(async () => (await askOnce(bed, device)).json()['code'] === 'status_stale')
  assert(bed.log.some(({ message }) => message.includes('does not understand')))
  assert.match(
    await (await fetch(`${bed.operations}/metrics`)).text(),
    /^sallyport_status_level\{level="stop"\} 1$/m,
  )
})

test('a snapshot that lists what is not understood makes the gateway stale', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  authority.others = { tenant: [{ key: 'x', status: 'revoked', until: 1 }] }
  await authority.start()
  const bed = await startBed(t, { hosts, world, authority })
  assert.equal((await askOnce(bed, await world.device())).json()['code'], 'status_stale')
})

test('a status that is not known refuses', async (t) => {
  const bed = await startBed(t, { hosts })
  const device = await bed.world.device()
  bed.authority.change('device', device.deviceId, 'quarantined')
  await eventually(async () => (await askOnce(bed, device)).json()['code'] === 'device_revoked')
})

test('a gap in the feed is mended by a snapshot', async (t) => {
  const bed = await startBed(t, { hosts })
  const device = await bed.world.device()
  const { snapshotsGiven } = bed.authority
  bed.authority.seq += 3
  bed.authority.list('device', device.deviceId, 'revoked')
  bed.authority.heartbeat()
  await eventually(async () => {
    // A connection of before may be cut off.
    const answer = await askOnce(bed, device).catch(() => undefined)
    return answer?.json()['code'] === 'device_revoked'
  })
  assert.equal(bed.authority.snapshotsGiven, snapshotsGiven + 1)
})
