import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { decodeJwt } from 'jose'
import type { Store } from '../../src/store/store.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { enroll, makeKey, type Phone, phoneOf, renew, renewalByProof } from '../fixture/phone.ts'
import { assertSound } from '../fixture/sound-store.ts'
import { askToEnroll, enrollForUser } from '../fixture/user-phone.ts'

describe('what is ended while a request is answered', () => {
  const clock = movableClock()
  let provider: IdentityProvider
  let deployment: Deployment
  let held: HeldAuthority
  before(async () => {
    provider = await identityProvider()
    const user = 'user: { mode: optional, provider: corp }'
    const required = (most: number) =>
      `user: { mode: required, provider: corp, maxDevices: ${most} }`
    const limits = 'limits: { perAddressPerHour: 1000 }'
    const development = 'insecureDevelopmentDevices: true'
    const others = `    certificate: { onFork: revoke }
  manned:
    ${development}
    enrollment: { evidence: [development], approval: required, ${user}, ${limits} }
  owned:
    ${development}
    enrollment: { evidence: [development], approval: device, ${required(2)}, ${limits} }
  lonely:
    ${development}
    enrollment: { evidence: [development], ${required(1)}, ${limits} }
`
    const apps = appOfUsers(provider, `${user}, ${limits}`, others)
    const authority = `  tokenExchange:
    corp: { issuer: 'https://enroll.example.com', audience: api, lifetimeMinutes: 10 }
`
    deployment = await deploy({ apps, authority, now: clock.now })
    held = await holdAuthority(deployment, clock.now)
  })
  after(async () => {
    await held.close()
    await deployment.close()
    await provider.close()
  })
  afterEach(() => assertSound(held.authority.store))

  const admin = async (path: string, body: object = {}): Promise<HttpAnswer> => {
    const answer = await deployment.admin(`/admin/v1/${path}`, { body })
    assert.ok(answer.status < 300, answer.text)
    return answer
  }
  const me = (phone: Phone) => deployment.device(devicePaths.me, phone.tls)
  const read: Store['snapshotRead'] = (work) => held.authority.store.snapshotRead(work)
  let users = 0
  const newUser = async () => {
    const subject = `user-${(users += 1)}`
    return { subject, accessToken: await provider.token({ subject, now: clock.now() }) }
  }
  const outcome = ({ status, body }: HttpAnswer) => `${status} ${body?.code ?? ''}`.trim()

  const renewals: Record<string, (phone: Phone) => Promise<HttpAnswer>> = {
    'with the same key': (phone) => renew(held, phone),
    'by a signature': async (phone) => {
      const body = await renewalByProof(deployment, phone)
      return held.device(devicePaths.renewals, { body })
    },
  }
  const ends: Record<string, (phone: Phone) => Promise<unknown>> = {
    suspended: ({ issued }) => admin(`devices/${issued.deviceId}/suspend`),
    revoked: ({ issued }) => admin(`devices/${issued.deviceId}/revoke`),
    'taken leave of': ({ issued, tls }) =>
      deployment.device(`${devicePaths.devices}/${issued.deviceId}`, { method: 'DELETE', ...tls }),
  }
  for (const [how, send] of Object.entries(renewals)) {
    for (const [what, end] of Object.entries(ends)) {
      it(`renews ${how} no device that counts where it was ${what} meanwhile`, async () => {
        await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
          const phone = await enroll(deployment)
          return {
            send: () => send(phone),
            meanwhile: () => end(phone),
            async check(answer) {
              const last = answer.status === 201 ? phoneOf(phone.key, answer.body) : phone
              assert.match(outcome(await me(last)), /^403 device_/)
            },
          }
        })
      })
    }
  }

  it('has one successor of two keys, and no fork where the other is in use by then', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const phone = await enroll(deployment)
      const [given, key] = [makeKey(), makeKey()]
      let used: Phone | undefined
      return {
        send: () => renew(held, phone, given),
        // The device gave the first message up, and is at work with another key.
        async meanwhile() {
          const answer = await renew(deployment, phone, key)
          assert.equal(answer.status, 201, answer.text)
          used = phoneOf(key, answer.body)
          assert.equal((await me(used)).status, 200)
        },
        async check(answer) {
          assert.match(outcome(answer), /^201$|^503 authority_busy$/)
          assert.ok(used !== undefined)
          assert.equal((await me(used)).status, 200)
          // Who asks again after that holds what its device has given up.
          if (answer.status === 201) return
          assert.equal((await renew(held, phone, given)).body.code, 'renewal_forked')
        },
      }
    })
  })

  it('enrols nobody whose user was forgotten after the enrolment was approved', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { subject, accessToken } = await newUser()
      const { key, send } = await askToEnroll(held, { accessToken, appId: 'manned' })
      await admin(`approvals/${(await send()).body.approvalId}/approve`)
      const [user] = (await admin('users/find', { subject })).body.users
      return {
        send: () => send(),
        meanwhile: () => admin(`users/${user.id}/forget`, { revoke: true }),
        async check(answer) {
          if (answer.status !== 201) return assert.match(outcome(answer), /^403 /)
          return assert.equal(outcome(await me(phoneOf(key, answer.body))), '403 device_revoked')
        },
      }
    })
  })

  for (const verb of ['approve', 'deny']) {
    it(`answers a poll with what was decided, or that it waits: ${verb}`, async () => {
      await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
        const { send } = await askToEnroll(held, { appId: 'manned' })
        const { approvalId } = (await send()).body
        const decided = verb === 'approve' ? '201' : '403 enrollment_denied'
        return {
          send: () => send(),
          meanwhile: () => admin(`approvals/${approvalId}/${verb}`),
          async check(answer) {
            if (answer.status !== 202) assert.equal(outcome(answer), decided)
            assert.equal(outcome(await send()), decided)
          },
        }
      })
    })
  }

  it('lets the first of two phones of a user in, and has the second wait', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { accessToken } = await newUser()
      const [one, other] = [
        await askToEnroll(held, { accessToken, appId: 'owned' }),
        await askToEnroll(deployment, { accessToken, appId: 'owned' }),
      ]
      let second: HttpAnswer | undefined
      return {
        send: () => one.send(),
        async meanwhile() {
          second = await other.send()
        },
        check(answer) {
          assert.deepEqual([answer.status, second?.status].toSorted(), [201, 202])
        },
      }
    })
  })

  it('gives a user no more devices than there may be', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { accessToken } = await newUser()
      const appId = 'lonely'
      const one = await askToEnroll(held, { accessToken, appId })
      const other = await askToEnroll(deployment, { accessToken, appId })
      let second: HttpAnswer | undefined
      return {
        send: () => one.send(),
        async meanwhile() {
          second = await other.send()
        },
        check(answer) {
          assert.deepEqual([answer.status, second?.status].toSorted(), [201, 403])
        },
      }
    })
  })

  it('ends the device of a user once, whoever asks twice', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { accessToken } = await newUser()
      const order = { accessToken, appId: 'owned' }
      const first = await enrollForUser(deployment, order)
      const { key, send } = await askToEnroll(deployment, order)
      await admin(`approvals/${(await send()).body.approvalId}/approve`)
      const second = phoneOf(key, (await send()).body)
      const path = `${devicePaths.devices}/${first.issued.deviceId}`
      const headers = { authorization: `Bearer ${accessToken}` }
      const call = { method: 'DELETE', headers, ...second.tls }
      return {
        send: () => held.device(path, call),
        meanwhile: () => deployment.device(path, call),
        async check(answer) {
          assert.equal(outcome(answer), '200')
          assert.equal(outcome(await me(first)), '403 device_revoked')
        },
      }
    })
  })

  it('gives no token that an end of the tokens of its device does not end', async () => {
    const phone = await enroll(deployment)
    const { deviceId } = phone.issued
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const claims = { sid: `sign-in-${(users += 1)}` }
      const subjectToken = await provider.token({ now: clock.now() + 1_000, claims })
      const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }
      return {
        send: () =>
          held.device(devicePaths.tokens, {
            text: new URLSearchParams(form).toString(),
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            ...phone.tls,
          }),
        async meanwhile() {
          clock.moveMinutes(0.1)
          await admin('invalidations', { deviceId })
          clock.moveMinutes(0.1)
        },
        async check(answer) {
          if (answer.status !== 200) return
          const { iat = Infinity } = decodeJwt(String(answer.body.access_token))
          const [ended] = await read((store) =>
            store
              .selectFrom('invalidations')
              .select('issued_until')
              .where('key', '=', deviceId)
              .execute(),
          )
          assert.ok(iat * 1_000 <= Number(ended?.issued_until), `issued at ${iat}`)
        },
      }
    })
  })
})
