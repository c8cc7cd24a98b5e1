import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestAuthority } from '../support/authority.ts'
import { askOnce, eventually } from '../support/client.ts'
import { feedSigner } from '../support/feed-signer.ts'
import { type Bed, startBed } from '../support/gateway.ts'
import { createWorld, type TestDevice } from '../support/world.ts'

const codeFor = async (bed: Bed, device: TestDevice) =>
  (await askOnce(bed, device).catch(() => undefined))?.json()['code']

const isRefused = (bed: Bed, device: TestDevice) =>
  eventually(async () => (await codeFor(bed, device)) === 'device_revoked', 10_000)

const said = (bed: Bed, code: string) => bed.log.some(({ fields }) => fields['code'] === code)

async function refusedTotal({ operations }: Bed): Promise<number> {
  const page = await (await fetch(`${operations}/metrics`)).text()
  return Number(/^sallyport_feed_refused_total (\d+)/m.exec(page)?.[1])
}

/** A gateway that has refused a device since the authority said so. */
async function startRefusing(t: TestContext): Promise<{ bed: Bed; revoked: TestDevice }> {
  const bed = await startBed(t)
  const revoked = await bed.world.device()
  bed.authority.change('device', revoked.deviceId, 'revoked')
  await isRefused(bed, revoked)
  return { bed, revoked }
}

test('whoever has a certificate of the service CA and no key of the feed is not believed, and it is said', async (t) => {
  const { bed, revoked } = await startRefusing(t)
  const good = await bed.world.device()
  const forger = feedSigner()
  bed.authority.signer = forger
  bed.authority.sayKeys(forger)
  bed.authority.change('device', revoked.deviceId, 'active')
  bed.authority.change('device', good.deviceId, 'revoked')
  await eventually(() => said(bed, 'feed_unverified'), 10_000)
  assert.equal(await codeFor(bed, revoked), 'device_revoked')
  assert.equal((await askOnce(bed, good)).status, 200)
  await eventually(async () => (await refusedTotal(bed)) > 1, 10_000)
})

test('a gateway that starts with nothing believes no snapshot of theirs, and is not ready', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  t.after(() => authority.stop())
  const pinned = authority.signer
  const { sends } = authority
  authority.sends = () => {
    authority.signer = feedSigner()
    return sends()
  }
  const bed = await startBed(t, { world, authority })
  assert(said(bed, 'feed_unverified'))
  assert.equal((await askOnce(bed, await world.device())).json()['code'], 'status_stale')
  authority.sends = sends
  authority.signer = pinned
  await eventually(async () => (await askOnce(bed, await world.device())).status === 200, 10_000)
})

test('what was signed before is not news: changes that are said again change nothing', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  bed.authority.change('device', device.deviceId, 'suspended')
  bed.authority.change('device', device.deviceId, 'active')
  const resumed = bed.authority.said
  bed.authority.change('device', device.deviceId, 'revoked')
  await isRefused(bed, device)
  for (let count = 0; count < 20; count++) bed.authority.garble(resumed)
  await sleep(200)
  assert.equal(await codeFor(bed, device), 'device_revoked')
  assert.equal(bed.authority.snapshotsGiven, 1, 'nor is a snapshot needed')
})

test('a greeting of another time opens no stream, and what came before it is not believed', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  authority.greets = () => ['AAAAAAAAAAAAAAAAAAAAAA']
  await authority.start()
  t.after(() => authority.stop())
  const bed = await startBed(t, { world, authority })
  assert(said(bed, 'feed_unverified'))
  assert(authority.snapshotsGiven > 0)
  assert.equal((await askOnce(bed, await world.device())).json()['code'], 'status_stale')
  authority.greets = (nonce) => ['AAAAAAAAAAAAAAAAAAAAAA', nonce]
  await eventually(async () => (await askOnce(bed, await world.device())).status === 200, 10_000)
})

test('an older snapshot of the same epoch is refused, whoever signed it', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  t.after(() => authority.stop())
  const old = authority.sealedSnapshot()
  const bed = await startBed(t, { world, authority })
  const device = await world.device()
  authority.change('device', device.deviceId, 'revoked')
  await isRefused(bed, device)
  authority.sends = () => ({ bytes: old })
  authority.garble(`event: changes\ndata: {\n\n`)
  authority.epoch = 'epo_cccccccccccccccccccccccccc'
  await eventually(() => said(bed, 'feed_went_back'), 10_000)
  assert.equal(await codeFor(bed, device), 'device_revoked')
})

test('an epoch that flaps brings nothing back that had ended', async (t) => {
  const { bed, revoked } = await startRefusing(t)
  for (let round = 0; round < 4; round++) {
    const before = bed.authority.snapshotsGiven
    bed.authority.goBack(`epo_${round % 2 === 0 ? 'b' : 'c'}${'a'.repeat(25)}`)
    await eventually(() => bed.authority.snapshotsGiven > before, 10_000)
    assert.equal(await codeFor(bed, revoked), 'device_revoked')
  }
  await eventually(() =>
    bed.authority.reports.some(({ unconfirmed }) =>
      unconfirmed?.statuses.some(({ key }) => key === revoked.deviceId),
    ),
  )
})

test('an issuer that was withdrawn stays so in another epoch, until that one says otherwise', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  const key = bed.world.deviceCa.certificate.spkiSha256
  bed.authority.change('issuer', key, 'withdrawn')
  const isUntrusted = async () => (await codeFor(bed, device)) === 'device_certificate_untrusted'
  await eventually(isUntrusted)
  bed.authority.goBack()
  await eventually(() => bed.authority.snapshotsGiven > 1, 10_000)
  await sleep(300)
  assert(await isUntrusted(), 'the older store believes it still')
  const issuer = bed.world.trusted(bed.world.deviceCa)
  bed.authority.change('issuer', key, 'active', issuer)
  await eventually(async () => (await askOnce(bed, device)).status === 200, 10_000)
})

for (const hours of [-1, 1]) {
  test(`an authority whose clock is ${hours} h off is heard, and ages are right`, async (t) => {
    const world = await createWorld()
    const authority = new TestAuthority(world)
    authority.clockOffsetMs = hours * 3_600_000
    await authority.start()
    t.after(() => authority.stop())
    const bed = await startBed(t, { world, authority })
    const device = await world.device()
    const seq = authority.change('device', device.deviceId, 'revoked')
    await isRefused(bed, device)
    const applied = () =>
      authority.reports.flatMap((report) => report.applied).find((each) => each.seq === seq)
    await eventually(() => applied() !== undefined)
    const ageMs = applied()?.appliedAfterMs ?? Number.NaN
    assert(ageMs >= -50 && ageMs < 5_000, `${ageMs} ms`)
    // And where it is set in the middle of a stream.
    authority.clockOffsetMs = 0
    authority.heartbeat()
    const other = await world.device()
    authority.change('device', other.deviceId, 'revoked')
    await isRefused(bed, other)
    const page = await (await fetch(`${bed.operations}/metrics`)).text()
    assert(Number(/^sallyport_feed_age_seconds (\d+)/m.exec(page)?.[1]) < 10)
  })
}

test('without a pin the first answer is trusted, loudly, and held to from then on', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  t.after(() => authority.stop())
  const bed = await startBed(t, { world, authority, isUnpinned: true })
  const device = await world.device()
  assert.equal((await askOnce(bed, device)).status, 200)
  const warning = bed.log.find(({ fields }) => fields['code'] === 'feed_keys_unpinned')
  assert.equal(warning?.level, 'warn')
  authority.signer = feedSigner()
  authority.keySets = []
  authority.sayKeys()
  authority.change('device', device.deviceId, 'revoked')
  await eventually(() => said(bed, 'feed_unverified'), 10_000)
  assert.equal((await askOnce(bed, device)).status, 200, 'nothing of it is believed')
})

test('keys follow one another, also for a gateway that was away over two of them', async (t) => {
  const bed = await startBed(t)
  const { authority, world, directory } = bed
  const first = authority.signer
  const second = feedSigner()
  authority.sayKeys(first, [first.jwk, second.jwk])
  authority.heartbeat()
  await eventually(() => bed.log.some(({ message }) => message === 'the feed has other keys'))
  authority.signer = second
  const device = await world.device()
  authority.change('device', device.deviceId, 'revoked')
  await isRefused(bed, device)
  await bed.gateway.close()

  const third = feedSigner()
  const fourth = feedSigner()
  authority.sayKeys(second, [second.jwk, third.jwk])
  authority.sayKeys(third, [third.jwk, fourth.jwk])
  authority.signer = fourth
  const late = await world.device()
  authority.change('device', late.deviceId, 'revoked')
  const again = await startBed(t, { world, authority, directory })
  await isRefused(again, late)
  assert(!said(again, 'feed_keys_unpinned'))
})

test('a gateway that hears that it was revoked refuses everything, also when it is started again', async (t) => {
  const bed = await startBed(t)
  const { authority, world, directory } = bed
  const device = await world.device()
  authority.change('gateway', 'gateway-2', 'revoked')
  authority.change('device', (await world.device()).deviceId, 'revoked')
  await sleep(100)
  assert.equal((await askOnce(bed, device)).status, 200, 'another one was')
  authority.change('gateway', 'gateway-1', 'revoked')
  await eventually(async () => (await codeFor(bed, device)) === 'status_stale')
  assert(said(bed, 'gateway_revoked'))
  await bed.gateway.close()
  await authority.stop()
  const again = await startBed(t, { world, authority, directory })
  assert.equal(await codeFor(again, device), 'status_stale')
})
