import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issueDeviceCa, createRoot, generateKey, type Issuer, signingKeyOf } from '@sallyport/pki'
import type { TrustedIssuer } from '@sallyport/wire'
import { askOnce, eventually } from './support/client.ts'
import { startBed } from './support/gateway.ts'
import { TestAuthority } from './support/authority.ts'
import { createWorld, type World } from './support/world.ts'

/** A CA for devices that prove nothing, as the feed tells of it. */
async function unattestedCa(world: World): Promise<{ issuer: Issuer; trusted: TrustedIssuer }> {
  const now = Date.now() - 86_400_000
  const rootKey = signingKeyOf(await generateKey('ec-p256'))
  const root = await createRoot({ key: rootKey, commonName: 'Root', kind: 'device', now })
  const key = signingKeyOf(await generateKey('ec-p256'))
  const certificate = await issueDeviceCa({
    root: { certificate: root, key: rootKey },
    key,
    appId: 'wallet',
    trustDomain: 'example.com',
    kind: 'unattested',
    lane: 'intune',
    now,
  })
  const issuer = { certificate, key }
  return { issuer, trusted: { ...world.trusted(issuer), kind: 'unattested' } }
}

test('a gateway believes a CA that proves nothing in who a device is, and in nothing more', async (t) => {
  const world = await createWorld()
  const authority = new TestAuthority(world)
  const { issuer, trusted } = await unattestedCa(world)
  authority.issuers = [world.trusted(world.deviceCa), trusted]
  await authority.start()
  t.after(() => authority.stop())
  const bed = await startBed(t, { world, authority })
  const plain = await world.device({ issuer, assurance: 'unattested' })
  const attested = await world.device()
  assert.equal((await askOnce(bed, plain)).status, 200)
  assert.equal((await askOnce(bed, attested)).status, 200)
  const overstated = [
    await world.device({ issuer, assurance: 'strongbox' }),
    // In the name of a device that was attested, and as its successor.
    await world.device({ issuer, assurance: 'unattested', predecessors: [attested.thumbprint] }),
    await world.device({ issuer, deviceId: attested.deviceId, assurance: 'tee' }),
  ]
  const known = () => authority.reports.flatMap(({ decisions }) => decisions)
  for (const device of overstated) {
    const answer = await askOnce(bed, device)
    assert.equal(answer.status, 401)
    const { code, requestId } = answer.json<{ code: string; requestId: string }>()
    assert.equal(code, 'device_certificate_untrusted')
    await eventually(async () => known().some((decision) => decision.requestId === requestId))
    const decision = known().find((each) => each.requestId === requestId)
    assert.equal(decision?.code, 'device_certificate_assertion_forbidden')
  }
  // Nothing that it said of the attested device was believed.
  assert.equal((await askOnce(bed, attested)).status, 200)
})
