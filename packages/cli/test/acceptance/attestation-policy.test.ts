import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSallyportError } from '@sallyport/sdk'
import type { VirtualAndroid, VirtualDevice } from '@sallyport/virtual-device'
import { endLeftOver } from '../sallyport.ts'
import {
  type AttestedDeployment,
  type AttestedFile,
  identityOf,
  layOutAttested,
} from './attested-deployment.ts'
import { ask, open, placeOf } from './connection.ts'
import { editFile } from './edited-development.ts'
import { endLeftOverRoles, type RoleProcess } from './role-process.ts'
import { startService } from './service.ts'
import { startTrustPublisher, type TrustPublisher } from './trust-publisher.ts'

after(endLeftOver)
after(endLeftOverRoles)

let publisher: TrustPublisher
let service: Awaited<ReturnType<typeof startService>>
let deployment: AttestedDeployment
let authority: RoleProcess

const maxAgeMs = 1_000
const policyOf = (mode: string) => ({
  attestation: { maxAgeDays: maxAgeMs / 86_400_000 },
  enrollment: {
    mode,
    evidence: ['android-key', 'apple-app-attest'],
    limits: { failuresPerAddressPerHour: 1_000 },
  },
})

before(async () => {
  publisher = await startTrustPublisher()
  service = await startService()
  deployment = await layOutAttested(publisher, ({ apps, gateway }) => {
    gateway.upstreams['sample'] = { targets: [service.url] }
    Object.assign(apps.demo, policyOf('shadow'))
    Object.assign(apps.demo['android'] ?? {}, { minimumOsPatchLevel: '2025-01' })
  })
  authority = await deployment.startAuthority()
  await deployment.startGateway()
  const { code, stdout } = await deployment.run('attestation', 'status', '--refresh')
  assert.equal(code, 0, stdout)
})
after(async () => {
  await deployment.end()
  await publisher.close()
  await service.close()
})

describe('an app that goes from mode shadow to enforce', () => {
  type Line = { appraised: number; accepted: number; wouldBeRefused: number; refused: number }
  type Report = {
    totals: Line
    byModel: (Line & { name: string })[]
    byCheck: { code: string; wouldBeRefused: number; refused: number }[]
  }

  type Facts = NonNullable<VirtualAndroid['facts']>
  /** Thirty phones, and how many of each model. */
  const fleet: readonly [model: string, count: number, phone: Partial<VirtualAndroid>][] = [
    ['Honest A', 11, {}],
    ['Honest B', 4, { facts: { provisioning: 'factory' } }],
    ['Strong', 2, { facts: { securityLevel: 'strongbox' } }],
    ['Left behind', 6, { facts: { patchLevel: '2022-03-05' } }],
    ['Unlocked', 3, { hostility: () => 'unlocked-bootloader' }],
    // Of one model only some fail.
    ['Honest A', 2, { hostility: () => 'self-signed-boot' }],
    ['Emulator', 2, { hostility: () => 'software-key' }],
  ]
  const phones = () =>
    fleet.flatMap(([model, count, phone]) =>
      Array.from({ length: count }, () => {
        const facts: Facts = { ...phone.facts, model }
        return { model, device: deployment.android({ ...phone, facts }) }
      }),
    )
  const report = () => deployment.answerOf<Report>('attestation', 'report', '--app', 'demo')
  const count = (names: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([k, v]) => [k, v.length]))

  test('refuses just the phones that its report had named, by model and by check', async (t) => {
    const shadowed = phones()
    assert.equal(shadowed.length, 30)
    for (const { device } of shadowed) await device.enroll()
    const told = await report()
    assert.deepEqual(told.totals, { appraised: 30, accepted: 17, wouldBeRefused: 13, refused: 0 })

    editFile(deployment.dev.facts.configFile, (config) => {
      Object.assign((config as AttestedFile).apps.demo, policyOf('enforce'))
    })
    await authority.end()
    authority = await deployment.startAuthority()
    const refusals: { model: string; requestId: string }[] = []
    for (const { model, device } of phones()) {
      try {
        await device.enroll()
      } catch (error) {
        assert.ok(isSallyportError(error), String(error))
        // One public reason, whichever check failed; which, the operator alone is told.
        assert.equal(error.code, 'evidence_refused')
        assert.doesNotMatch(error.message, /boot|patch|software/)
        refusals.push({ model, requestId: error.requestId ?? '' })
      }
    }
    assert.equal(refusals.length, told.totals.wouldBeRefused)
    const named = told.byModel.filter(({ wouldBeRefused }) => wouldBeRefused > 0)
    assert.deepEqual(
      count(refusals.map(({ model }) => model)),
      Object.fromEntries(named.map((line) => [line.name, line.wouldBeRefused])),
    )
    const enforced = await report()
    const { appraised, accepted, refused } = enforced.totals
    assert.deepEqual({ appraised, accepted, refused }, { appraised: 60, accepted: 34, refused: 13 })
    for (const { code: check, wouldBeRefused } of told.byCheck) {
      const now = enforced.byCheck.find((line) => line.code === check)
      assert.equal(now?.refused, wouldBeRefused, check)
    }
    t.diagnostic(
      `13 of 30 refused: ${told.byCheck.map((line) => `${line.code} ${line.wouldBeRefused}`).join(', ')}`,
    )
    const { stdout } = await deployment.run('explain', refusals[0]?.requestId ?? '')
    assert.match(stdout, /android_os_patch_level_too_old/)
  })
})

describe('a phone whose evidence is past maxAgeDays', () => {
  type Shown = { device: { assurance: string; appraisedAt: string; evidenceFormat: string } }
  const shown = async (device: VirtualDevice) => {
    const { deviceId = '' } = await device.status()
    return (await deployment.answerOf<Shown>('devices', 'show', deviceId)).device
  }
  async function isServed(device: VirtualDevice): Promise<boolean> {
    const place = placeOf(deployment.dev.facts)
    const socket = await open(place, identityOf(device))
    const { status } = await ask(socket, place)
    socket.destroy()
    return status === 200
  }

  for (const platform of ['android', 'iphone'] as const) {
    for (const renewalKey of ['new', 'same'] as const) {
      test(`renews with fresh evidence, silently: ${platform}, ${renewalKey} key where it may`, async () => {
        const device = deployment[platform]({}, { renewalKey })
        const { deviceId } = await device.enroll()
        const first = await shown(device)
        await sleep(maxAgeMs)
        await device.renew()
        const second = await shown(device)
        assert.ok(second.appraisedAt > first.appraisedAt, 'evidence is fresh')
        assert.equal(second.assurance, first.assurance)
        assert.equal((await device.status()).deviceId, deviceId)
        assert.ok(await isServed(device))
      })
    }
  }
})
