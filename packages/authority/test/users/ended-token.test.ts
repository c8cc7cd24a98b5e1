import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { holdAuthority, overtakeEverywhere } from '../fixture/held-authority.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { askToEnroll, enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp, maxDevices: 4 }'
  const others = `  asked:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user}, approval: device }
  tried:
    insecureDevelopmentDevices: true
    enrollment: { mode: shadow, evidence: [development], ${user} }
`
  deployment = await deploy({ apps: appOfUsers(provider, user, others) })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const end = async (what: object) => {
  const answer = await deployment.admin('/admin/v1/invalidations', { body: what })
  assert.ok(answer.status < 300, answer.text)
}
const devicesOf = async (subject: string) =>
  (await deployment.admin(`/admin/v1/devices?userSubject=${subject}`)).body.devices

for (const [name, what] of [
  ['itself', (token: string) => ({ token })],
  ['with its sign-in', () => ({ provider: 'corp', session: 'sign-in-of-gil' })],
  ['with all of its user', () => ({ provider: 'corp', subject: 'gil' })],
] as const) {
  test(`a token that was ended ${name} enrols no phone`, async () => {
    const token = await provider.token({ subject: 'gil', claims: { sid: 'sign-in-of-gil' } })
    await end(what(token))
    for (const appId of ['wallet', 'asked']) {
      const { status, body } = await tryToEnroll(deployment, { accessToken: token, appId })
      assert.equal(`${status} ${body.code} ${body.action}`, '401 token_ended refresh-token')
    }
    assert.deepEqual(await devicesOf('gil'), [])
  })
}

test('nor does one that is ended at any point of the enrolment', async () => {
  const held = await holdAuthority(deployment)
  let users = 0
  try {
    await overtakeEverywhere(held, async () => {
      const subject = `hal-${(users += 1)}`
      const accessToken = await provider.token({ subject, claims: { jti: subject } })
      const { send } = await askToEnroll(held, { accessToken })
      let before = 0
      return {
        send: () => send(),
        async meanwhile() {
          before = (await devicesOf(subject)).length
          await end({ token: accessToken })
        },
        async check({ status, body }) {
          assert.equal(`${status} ${body.code}`, before === 1 ? '201 undefined' : '401 token_ended')
          assert.equal((await devicesOf(subject)).length, before)
        },
      }
    })
  } finally {
    await held.close()
  }
})

test('a message that was answered is answered again, though its token has ended since', async () => {
  const accessToken = await provider.token({ subject: 'ida' })
  const { send } = await askToEnroll(deployment, { accessToken })
  const first = await send()
  assert.equal(first.status, 201, first.text)
  await end({ token: accessToken })
  assert.equal((await send()).body.deviceId, first.body.deviceId)
})

test('in mode shadow who brings an ended token is nobody', async () => {
  const accessToken = await provider.token({ subject: 'jon' })
  await end({ token: accessToken })
  const { issued } = await enrollForUser(deployment, { accessToken, appId: 'tried' })
  const { body } = await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)
  assert.equal(body.device.userSubject, null)
  const findings: { code: string }[] = body.device.shadow
  assert.ok(findings.some(({ code }) => code === 'token_ended'))
})
