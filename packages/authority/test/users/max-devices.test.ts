import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { askToEnroll, enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

const clock = movableClock()
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const user =
    'user: { mode: required, provider: corp, maxDevices: 2 }, limits: { perUserPerDay: 1000 }'
  const others = `    certificate: { lifetimeDays: 1, graceDays: 2 }
  second:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user} }
  tried:
    enrollment: { mode: shadow, evidence: [development], ${user} }
`
  deployment = await deploy({ apps: appOfUsers(provider, user, others), now: clock.now })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const tokenOf = (subject: string) => provider.token({ subject, now: clock.now() })
const change = (id: string, verb: string) =>
  deployment.admin(`/admin/v1/devices/${id}/${verb}`, { body: {} })

test('one more than the most devices of a user is refused, until one of them is revoked', async () => {
  const accessToken = await tokenOf('ada')
  const [first] = [
    await enrollForUser(deployment, { accessToken }),
    await enrollForUser(deployment, { accessToken }),
  ]
  const refused = await tryToEnroll(deployment, { accessToken })
  assert.equal(refused.status, 403)
  assert.equal(refused.body.code, 'user_devices_too_many')
  assert.equal(refused.body.retryable, false)
  const id = first?.issued.deviceId ?? ''
  await change(id, 'suspend')
  assert.equal((await tryToEnroll(deployment, { accessToken })).status, 403)
  await change(id, 'revoke')
  assert.equal((await tryToEnroll(deployment, { accessToken })).status, 201)
})

test('each user and each app has room of its own', async () => {
  const accessToken = await tokenOf('bob')
  for (const appId of ['wallet', 'second', 'wallet', 'second']) {
    assert.equal((await tryToEnroll(deployment, { accessToken, appId })).status, 201)
  }
  assert.equal((await tryToEnroll(deployment, { accessToken, appId: 'second' })).status, 403)
})

test('fifty phones of one user at once become as many devices as the user may have', async () => {
  const accessToken = await tokenOf('crowd')
  const asked = await Promise.all(
    Array.from({ length: 50 }, () => askToEnroll(deployment, { accessToken })),
  )
  const answers = await Promise.all(asked.map(({ send }) => send()))
  const codes = answers.map(({ status, body }) => (status === 201 ? '201' : body.code))
  assert.equal(codes.filter((code) => code === '201').length, 2)
  assert.equal(codes.filter((code) => code === 'user_devices_too_many').length, 48)
})

test('a refused phone leaves nothing behind, and its message is good once there is room', async () => {
  const accessToken = await tokenOf('carl')
  const first = await enrollForUser(deployment, { accessToken })
  await enrollForUser(deployment, { accessToken })
  const { send } = await askToEnroll(deployment, { accessToken })
  assert.equal((await send()).status, 403)
  await change(first.issued.deviceId, 'revoke')
  assert.equal((await send()).status, 201)
})

test('mode shadow enrols beyond the most, and records it', async () => {
  const accessToken = await tokenOf('dora')
  const enroll = () => tryToEnroll(deployment, { accessToken, appId: 'tried' })
  const [, , third] = [await enroll(), await enroll(), await enroll()]
  assert.equal(third?.status, 201, third?.text)
  const { body } = await deployment.admin(`/admin/v1/devices/${third?.body.deviceId}`)
  const codes = body.device.shadow.map(({ code }: { code: string }) => code)
  assert.ok(codes.includes('user_devices_too_many'), codes.join())
})

test('a device that can never renew again takes no room', async () => {
  const accessToken = await tokenOf('eve')
  const drowned = await enrollForUser(deployment, { accessToken })
  await enrollForUser(deployment, { accessToken })
  clock.move(2.9)
  const attempt = async () => tryToEnroll(deployment, { accessToken: await tokenOf('eve') })
  assert.equal((await attempt()).status, 403)
  clock.move(0.2)
  const accepted = await attempt()
  assert.equal(accepted.status, 201, accepted.text)
  const self = await deployment.device(devicePaths.me, drowned.tls)
  assert.equal(self.body.code, 'device_certificate_expired')
})
