import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Transport, TransportRequest } from '@sallyport/sdk'
import { type Assurance, devicePaths } from '@sallyport/wire'
import { droppingTransport, type Mishap, skewedClock } from '../src/index.ts'
import { attestedPhones, type Phones, whoAmI } from './attested-phones.ts'
import { type AuthorityDeployment, dayMs, deployAuthority } from './authority-deployment.ts'
import { cleanUps } from './clean-ups.ts'

// The whole life of phones whose evidence the production verifiers read, against a real authority.

let authority: AuthorityDeployment
let phones: Phones
const whenOver = cleanUps()
before(async () => {
  authority = await deployAuthority(whenOver)
  phones = attestedPhones(authority)
})
after(() => whenOver.run())

const once = { attempts: 1, baseMs: 1, maximumMs: 1 }
const isRenewal = ({ url }: TransportRequest) => url.endsWith(devicePaths.renewals)

const platforms = ['android', 'ios'] as const
const assurances: Readonly<Record<(typeof platforms)[number], Assurance>> = {
  android: 'tee',
  ios: 'app-attested',
}

async function certificateCount(deviceId: string | undefined): Promise<number> {
  const { status, body } = await authority.admin('GET', `/devices/${deviceId}`)
  assert.equal(status, 200, JSON.stringify(body))
  return (body['certificates'] as unknown[]).length
}

for (const platform of platforms) {
  describe(platform, () => {
    for (const renewalKey of ['new', 'same'] as const) {
      test(`enrols, calls and renews for months, silently (${renewalKey} key)`, async (t) => {
        const own = await deployAuthority(t)
        const device = attestedPhones(own)[platform]({}, { renewalKey })
        const { deviceId, assurance } = await device.enroll()
        assert.equal(assurance, assurances[platform])
        for (let week = 0; week < 12; week++) {
          own.clock.offsetMs += 6 * dayMs
          await device.renew()
          assert.equal(await whoAmI(device), deviceId)
          assert.equal((await device.status()).assurance, assurances[platform])
        }
      })
    }

    test('renews after its expiry, within the grace, by a signature', async (t) => {
      const own = await deployAuthority(t)
      const device = attestedPhones(own)[platform]()
      const { deviceId } = await device.enroll()
      own.clock.offsetMs += 20 * dayMs
      assert.equal(await whoAmI(device), deviceId)
    })

    test('enrols again by itself when the grace is over', async (t) => {
      const own = await deployAuthority(t)
      const device = attestedPhones(own)[platform]({}, { autoEnroll: true })
      const { deviceId } = await device.enroll()
      own.clock.offsetMs += 60 * dayMs
      assert.notEqual(await whoAmI(device), deviceId)
    })

    for (const lost of ['request', 'answer'] as const) {
      test(`the ${lost} of a renewal is lost, and a restart: one certificate more, of the same device`, async () => {
        let mishap: Mishap = lost
        const directory = join(authority.scratch(), 'device')
        const wrapTransport = (transport: Transport) =>
          droppingTransport(transport, (request) => (isRenewal(request) ? mishap : undefined))
        const open = () => phones[platform]({}, { directory, retry: once, wrapTransport })
        const device = open()
        const { deviceId } = await device.enroll()
        await assert.rejects(device.renew(), { code: 'connection_failed' })
        mishap = undefined
        const restarted = open()
        await restarted.renew()
        assert.equal(await whoAmI(restarted), deviceId)
        assert.equal(await certificateCount(deviceId), 2)
        await restarted.renew()
        assert.equal(await whoAmI(restarted), deviceId)
      })
    }

    test('a renewal that never arrived is made anew when its challenge is over', async () => {
      let mishap: Mishap = 'request'
      const wrapTransport = (transport: Transport) =>
        droppingTransport(transport, (request) => (isRenewal(request) ? mishap : undefined))
      const device = phones[platform]({}, { retry: once, wrapTransport })
      const { deviceId } = await device.enroll()
      await assert.rejects(device.renew(), { code: 'connection_failed' })
      mishap = undefined
      authority.clock.offsetMs += dayMs
      await device.renew()
      assert.equal(await whoAmI(device), deviceId)
    })

    test('a phone with a wrong clock lives as any other', async () => {
      const clock = skewedClock(authority.clock.offsetMs - 400 * dayMs)
      const device = phones[platform]({}, { now: clock.now })
      const { deviceId } = await device.enroll()
      clock.offsetMs += 800 * dayMs
      await device.renew()
      assert.equal(await whoAmI(device), deviceId)
    })

    test('a service of the maker that is away costs no certificate', async () => {
      let isAway = true
      const device = phones[platform]({ isPoolEmpty: () => isAway, isServiceAway: () => isAway })
      await assert.rejects(device.enroll(), { code: 'evidence_unavailable', retryable: true })
      isAway = false
      const { deviceId } = await device.enroll()
      assert.equal(await whoAmI(device), deviceId)
    })
  })
}
