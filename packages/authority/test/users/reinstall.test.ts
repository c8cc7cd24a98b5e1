import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import type { Phone } from '../fixture/phone.ts'
import { askToEnroll, enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const rules =
    'user: { mode: optional, provider: corp, maxDevices: 3 }, limits: { perUserPerDay: 1000 }'
  const others = `  second:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${rules} }
  unproven:
    enrollment: { enrollmentToken: required, ${rules} }
  manned:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required, ${rules} }
  tried:
    enrollment: { mode: shadow, evidence: [development], ${rules} }
`
  deployment = await deploy({ apps: appOfUsers(provider, rules, others) })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const phoneId = 'ssaid-0123456789'
const tokenOf = (subject: string) => provider.token({ subject })
const codeOf = async ({ tls }: Phone) => {
  const { status, body } = await deployment.device(devicePaths.me, tls)
  return status === 200 ? 'active' : String(body.code)
}
const change = (id: string, verb: string) =>
  deployment.admin(`/admin/v1/devices/${id}/${verb}`, { body: {} })
const oneTimeToken = async (appId: string): Promise<string> =>
  (await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId } })).body.token

test('the app installed again on the phone of its user takes the place of the old device', async () => {
  const accessToken = await tokenOf('ada')
  const old = await enrollForUser(deployment, { accessToken, phoneId })
  const other = await enrollForUser(deployment, { accessToken, phoneId: 'another-phone' })
  const again = await enrollForUser(deployment, { accessToken, phoneId })
  assert.equal(await codeOf(old), 'device_superseded')
  assert.equal(await codeOf(again), 'active')
  assert.equal(await codeOf(other), 'active')
})

test('a user may install the app again however many devices they have', async () => {
  const accessToken = await tokenOf('bob')
  for (const id of ['phone-one', 'phone-two', phoneId]) {
    await enrollForUser(deployment, { accessToken, phoneId: id })
  }
  assert.equal((await tryToEnroll(deployment, { accessToken, phoneId: 'phone-new' })).status, 403)
  for (let times = 0; times < 3; times++) await enrollForUser(deployment, { accessToken, phoneId })
})

const claims: Record<string, (victim: string) => Promise<object>> = {
  'without a token': async () => ({}),
  'by the token of another user': async () => ({ accessToken: await tokenOf('mallory') }),
  'in another app': async (accessToken) => ({ accessToken, appId: 'second' }),
  'on another platform': async (accessToken) => ({ accessToken, platform: 'ios' }),
}
for (const [name, claim] of Object.entries(claims)) {
  test(`the id of someone's phone, claimed ${name}, ends nothing`, async () => {
    const accessToken = await tokenOf(`victim ${name}`)
    const victim = await enrollForUser(deployment, { accessToken, phoneId: 'victims-phone' })
    const members = await claim(accessToken)
    await enrollForUser(deployment, { ...members, phoneId: 'victims-phone' })
    assert.equal(await codeOf(victim), 'active')
  })
}

test('a claim without evidence that was accepted ends nothing', async () => {
  const accessToken = await tokenOf('frank')
  const unproven = async () => {
    const enrollmentToken = await oneTimeToken('unproven')
    const members = { phoneId, appId: 'unproven', enrollmentToken, evidence: undefined }
    return enrollForUser(deployment, { accessToken, ...members })
  }
  const old = await unproven()
  await unproven()
  assert.equal(await codeOf(old), 'active')
})

test('a claim whose evidence mode shadow let pass ends nothing', async () => {
  const accessToken = await tokenOf('gina')
  const enroll = () => enrollForUser(deployment, { accessToken, phoneId, appId: 'tried' })
  const old = await enroll()
  await enroll()
  assert.equal(await codeOf(old), 'active')
})

test('installing again does not bring a suspended phone back', async () => {
  const accessToken = await tokenOf('carl')
  const old = await enrollForUser(deployment, { accessToken, phoneId })
  await change(old.issued.deviceId, 'suspend')
  const refused = await tryToEnroll(deployment, { accessToken, phoneId })
  assert.equal(refused.status, 403)
  assert.equal(refused.body.code, 'reinstall_refused')
  const enrollmentToken = await oneTimeToken('wallet')
  const invited = await tryToEnroll(deployment, { accessToken, phoneId, enrollmentToken })
  assert.equal(invited.body.code, 'reinstall_refused')
  await change(old.issued.deviceId, 'resume')
  assert.equal((await tryToEnroll(deployment, { accessToken, phoneId })).status, 201)
})

test('a revoked phone comes back by an invitation alone, as a new device', async () => {
  const accessToken = await tokenOf('dora')
  const old = await enrollForUser(deployment, { accessToken, phoneId })
  await change(old.issued.deviceId, 'revoke')
  const refused = await tryToEnroll(deployment, { accessToken, phoneId })
  assert.equal(refused.body.code, 'reinstall_refused')
  assert.equal(refused.body.action, undefined)
  const enrollmentToken = await oneTimeToken('wallet')
  const invited = await tryToEnroll(deployment, { accessToken, phoneId, enrollmentToken })
  assert.equal(invited.status, 201, invited.text)
  assert.equal(await codeOf(old), 'device_revoked')
})

test('an invitation counts for a revoked phone when an operator has approved it, too', async () => {
  const accessToken = await tokenOf('eve')
  const enroll = (more = {}) =>
    askToEnroll(deployment, { accessToken, phoneId, appId: 'manned', ...more })
  const approved = async ({ send }: Awaited<ReturnType<typeof enroll>>) => {
    const { approvalId } = (await send()).body
    await deployment.admin(`/admin/v1/approvals/${approvalId}/approve`, { body: {} })
    return send()
  }
  const old = await approved(await enroll())
  assert.equal(old.status, 201, old.text)
  await change(old.body.deviceId, 'revoke')
  assert.equal((await (await enroll()).send()).body.code, 'reinstall_refused')
  const enrollmentToken = await oneTimeToken('manned')
  const invited = await approved(await enroll({ enrollmentToken }))
  assert.equal(invited.status, 201, invited.text)
})

test('fifty installations of one phone at once leave one active device', async () => {
  const accessToken = await tokenOf('crowd')
  const asked = await Promise.all(
    Array.from({ length: 50 }, () => askToEnroll(deployment, { accessToken, phoneId })),
  )
  const answers = await Promise.all(asked.map(({ send }) => send()))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  const { body } = await deployment.admin('/admin/v1/devices?status=active&limit=1000')
  const ids = new Set(answers.map((answer) => answer.body.deviceId))
  const left = body.devices.filter(({ id }: { id: string }) => ids.has(id))
  assert.equal(left.length, 1)
})
