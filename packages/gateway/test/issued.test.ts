import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { TestAuthority } from './support/authority.ts'
import { askOnce, eventually } from './support/client.ts'
import { type Bed, startBed } from './support/gateway.ts'
import { createWorld, type TestDevice } from './support/world.ts'

const hourMs = 3_600_000

/** A gateway that is told of every certificate that was issued. */
async function startListed(t: TestContext): Promise<Bed> {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  authority.issuers = [{ ...world.trusted(world.deviceCa), status: 'issued' }]
  await authority.start()
  t.after(() => authority.stop())
  return startBed(t, { world, authority })
}

const codeFor = async (bed: Bed, device: TestDevice) => (await askOnce(bed, device)).json()['code']
const issue = (bed: Bed, { thumbprint }: TestDevice) =>
  bed.authority.change('certificate', thumbprint, 'issued')

test('of an app with status: issued a certificate counts that was issued, and no other of the same CA', async (t) => {
  const bed = await startListed(t)
  const issued = await bed.world.device({ notBefore: Date.now() - hourMs })
  const forged = await bed.world.device({
    notBefore: Date.now() - hourMs,
    deviceId: issued.deviceId,
  })
  issue(bed, issued)
  await eventually(async () => (await askOnce(bed, issued)).status === 200)
  const refused = await askOnce(bed, forged)
  assert.equal(refused.status, 401)
  assert.equal(refused.json()['code'], 'device_certificate_untrusted')
  bed.authority.change('certificate', issued.thumbprint, 'revoked')
  await eventually(async () => (await codeFor(bed, issued)) === 'device_certificate_revoked')
})

test('a certificate that is used before the feed has told of it is waited for', async (t) => {
  const bed = await startListed(t)
  const device = await bed.world.device()
  const begun = performance.now()
  const asked = askOnce(bed, device)
  await sleep(200)
  issue(bed, device)
  assert.equal((await asked).status, 200)
  assert(performance.now() - begun >= 200)
})

test('one that is never told of is asked to repeat while it is young, and then refused', async (t) => {
  const bed = await startListed(t)
  const young = await bed.world.device()
  const answer = await askOnce(bed, young)
  assert.equal(answer.status, 503)
  assert.equal(answer.json()['code'], 'device_not_yet_known')
  assert.equal(answer.headers['retry-after'], '1')
  await sleep(10_000)
  assert.equal((await askOnce(bed, young)).status, 401)
})

test('whoever forges young certificates in a flood is refused, and holds nobody else up', async (t) => {
  const bed = await startListed(t)
  const good = await bed.world.device({ notBefore: Date.now() - hourMs })
  issue(bed, good)
  await eventually(async () => (await askOnce(bed, good)).status === 200)
  const forged = await Promise.all(Array.from({ length: 300 }, () => bed.world.device()))
  const flood = Promise.all(forged.map((device) => askOnce(bed, device)))
  const begun = performance.now()
  assert.equal((await askOnce(bed, good)).status, 200)
  t.diagnostic(
    `a known device was answered in ${Math.round(performance.now() - begun)} ms meanwhile`,
  )
  for (const { status } of await flood) assert.equal(status, 503)
})

test('an app that is listed from now on begins with a list, and nobody is refused before it is there', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  await authority.start()
  t.after(() => authority.stop())
  const bed = await startBed(t, { world, authority })
  const device = await world.device({ notBefore: Date.now() - hourMs })
  const forged = await world.device({ notBefore: Date.now() - hourMs })
  assert.equal((await askOnce(bed, forged)).status, 200)
  authority.list('certificate', device.thumbprint, 'issued')
  const issuer = { ...world.trusted(world.deviceCa), status: 'issued' as const }
  authority.issuers = [issuer]
  const key = world.deviceCa.certificate.spkiSha256
  authority.change('issuer', key, 'active', issuer)
  await eventually(async () => (await askOnce(bed, forged)).status === 401)
  assert.equal((await askOnce(bed, device)).status, 200)
  assert.equal(authority.snapshotsGiven, 2)
})
