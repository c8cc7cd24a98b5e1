import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  androidMembers,
  assertedRenewal,
  attestedApp,
  deployAttested,
  enrollAndroid,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import {
  aboutTheApp,
  csrOf,
  makeKey,
  type Phone,
  phoneOf,
  renewalByProof,
  takeChallenge,
} from '../fixture/phone.ts'
import { assertNothingHeldAgainst, assertSound } from '../fixture/sound-store.ts'

/** A message that a phone sends twice, since the answer was slow: at two authorities at once. */
type Twice = { path: string; body: object; phone?: Phone }

describe('a message that its repeat overtakes at any point', () => {
  let deployment: Deployment
  let held: HeldAuthority
  before(async () => {
    const limits = 'limits: { perAddressPerHour: 1000 }'
    const apps = attestedApp({ enrollment: `enrollmentToken: optional, ${limits}` })
    deployment = await deployAttested({ apps })
    held = await holdAuthority(deployment)
  })
  after(async () => {
    await held.close()
    await deployment.close()
  })
  afterEach(async () => {
    await assertSound(held.authority.store)
    await assertNothingHeldAgainst(held.authority)
  })

  const androidEnrollment = async () => {
    const challenge = await takeChallenge(deployment)
    return { appId: 'wallet', ...androidMembers(makeKey(), challenge) }
  }
  const messages: Record<string, () => Promise<Twice>> = {
    async 'an enrolment with evidence'() {
      return { path: devicePaths.certificates, body: await androidEnrollment() }
    },
    async 'an enrolment by a token for one device'() {
      const body = { appId: 'wallet' }
      const made = await deployment.admin('/admin/v1/enrollment-tokens', { body })
      assert.equal(made.status, 201, made.text)
      const message = { ...(await androidEnrollment()), enrollmentToken: made.body.token }
      return { path: devicePaths.certificates, body: message }
    },
    async 'a renewal with the same key'() {
      const { key, body } = await enrollAndroid(deployment)
      const message = { csr: csrOf(key), ...aboutTheApp, platform: 'android' }
      return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
    },
    async 'a renewal with another key and its evidence'() {
      const { key, body } = await enrollAndroid(deployment)
      const challenge = await takeChallenge(deployment, 'renew')
      const message = androidMembers(makeKey(), challenge)
      return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
    },
    async 'a renewal by a signature'() {
      const { key, body } = await enrollAndroid(deployment)
      const message = await renewalByProof(deployment, phoneOf(key, body))
      return { path: devicePaths.renewals, body: { ...message, platform: 'android' } }
    },
    async 'a renewal with an assertion, which counts once'() {
      const { key, appAttestKey, body } = await enrollIos(deployment)
      const message = await assertedRenewal(deployment, { appAttestKey, counter: 1, key })
      return { path: devicePaths.renewals, body: message, phone: phoneOf(key, body) }
    },
  }

  for (const [name, make] of Object.entries(messages)) {
    it(`is answered as that was: ${name}`, async () => {
      await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
        const { path, body, phone } = await make()
        let first: HttpAnswer | undefined
        return {
          send: () => held.device(path, { body, ...phone?.tls }),
          async meanwhile() {
            first = await deployment.device(path, { body, ...phone?.tls })
            assert.equal(first.status, 201, first.text)
          },
          check(answer) {
            assert.equal(answer.status, 201, answer.text)
            assert.deepEqual(answer.body.certificates, first?.body.certificates)
          },
        }
      })
    })
  }
})
