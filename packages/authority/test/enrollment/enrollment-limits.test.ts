import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, test } from 'node:test'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { askToEnroll, tryToEnroll, type UserEnrollment } from '../fixture/user-phone.ts'

const clock = movableClock()
let provider: IdentityProvider
let deployment: Deployment
before(async () => {
  provider = await identityProvider()
  const limits = 'limits: { perAddressPerHour: 5, perUserPerDay: 3, failuresPerAddressPerHour: 4 }'
  const user = 'user: { mode: optional, provider: corp, maxDevices: 100 }'
  const rules = `${user}, ${limits}`
  const others = `  roomy:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${user}, limits: { perUserPerDay: 3 } }
  tried:
    enrollment: { mode: shadow, evidence: [development], ${rules} }
  fragile:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], ${rules} }
`
  deployment = await deploy({ apps: appOfUsers(provider, rules, others), now: clock.now })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

/** From another address of this machine. */
const from = (localAddress: string) => new https.Agent({ localAddress, ca: deployment.caPem })
const enroll = (enrollment: UserEnrollment = {}) => tryToEnroll(deployment, enrollment)
const codeOf = ({ status, body }: HttpAnswer) => (status < 300 ? String(status) : body.code)
const explained = async ({ body }: HttpAnswer) =>
  (await deployment.admin(`/admin/v1/decisions/${body.requestId}`)).body

test('of fifty phones of one address at once, as many enrol as may, and another address is free', async () => {
  const asked = await Promise.all(Array.from({ length: 50 }, () => askToEnroll(deployment, {})))
  const answers = await Promise.all(asked.map(({ send }) => send()))
  const [one, ...refused] = answers.filter((answer) => codeOf(answer) === 'enrollment_too_often')
  assert.equal(answers.filter(({ status }) => status === 201).length, 5)
  assert.equal(refused.length, 44)
  assert.ok(one)
  assert.equal(one.status, 429)
  assert.equal(one.body.retryable, true)
  const seconds = Number(one.headers['retry-after'])
  assert.ok(seconds > 3_500 && seconds <= 3_600, String(seconds))
  assert.match(JSON.stringify(await explained(one)), /enrollment_address_too_often/)
  assert.equal((await enroll({ agent: from('127.0.0.2') })).status, 201)
})

test('the address is free again when its oldest enrolment is an hour ago', async () => {
  assert.equal((await enroll()).status, 429)
  clock.moveMinutes(61)
  assert.equal((await enroll()).status, 201)
})

test('enrolments of a clock that was a year ahead hold nobody up', async () => {
  const agent = from('127.0.0.20')
  clock.move(400)
  for (let times = 0; times < 5; times++) assert.equal((await enroll({ agent })).status, 201)
  assert.equal((await enroll({ agent })).status, 429)
  clock.move(-400)
  assert.equal((await enroll({ agent })).status, 201)
})

test('one user enrols a few devices a day, from wherever they are', async () => {
  const accessToken = await provider.token({ subject: 'ada', now: clock.now() })
  const answers: HttpAnswer[] = []
  for (const host of [3, 4, 5, 6]) {
    const agent = from(`127.0.0.${host}`)
    answers.push(await enroll({ appId: 'roomy', accessToken, agent }))
  }
  assert.deepEqual(answers.map(codeOf), ['201', '201', '201', 'enrollment_too_often'])
  assert.match(
    JSON.stringify(await explained(answers[3] as HttpAnswer)),
    /enrollment_user_too_often/,
  )
})

test('an address whose enrolments were refused too often waits before anything is looked at', async () => {
  const agent = from('127.0.0.9')
  const accessToken = 'nonsense'
  const appId = 'fragile'
  for (let times = 0; times < 4; times++) {
    assert.equal(codeOf(await enroll({ appId, accessToken, agent })), 'token_invalid')
  }
  const refused = await enroll({ appId, accessToken, agent })
  assert.equal(codeOf(refused), 'enrollment_too_often')
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.match(JSON.stringify(await explained(refused)), /enrollment_failures_too_often/)
  assert.equal(codeOf(await enroll({ appId, agent })), 'enrollment_too_often')
  // Another address and another app have nothing to do with it.
  assert.equal(codeOf(await enroll({ appId, agent: from('127.0.0.10') })), '201')
  assert.equal(codeOf(await enroll({ appId: 'roomy', agent })), '201')
})

test('a message that was answered is answered again, however often its address was refused', async () => {
  const agent = from('127.0.0.11')
  const appId = 'fragile'
  const { send } = await askToEnroll(deployment, { appId, agent })
  const first = await send()
  assert.equal(first.status, 201, first.text)
  for (let times = 0; times < 5; times++) await enroll({ appId, accessToken: 'nonsense', agent })
  assert.equal(codeOf(await enroll({ appId, agent })), 'enrollment_too_often')
  assert.deepEqual((await send()).body.certificates, first.body.certificates)
})

test('mode shadow enrols beyond every bound, and records it', async () => {
  const appId = 'tried'
  const agent = from('127.0.0.12')
  const accessToken = await provider.token({ subject: 'bob', now: clock.now() })
  const answers: HttpAnswer[] = []
  for (let times = 0; times < 6; times++) answers.push(await enroll({ appId, accessToken, agent }))
  assert.ok(answers.every(({ status }) => status === 201))
  const { body } = await deployment.admin(`/admin/v1/devices/${answers[5]?.body.deviceId}`)
  const codes = body.device.shadow.map(({ code }: { code: string }) => code)
  assert.ok(codes.includes('enrollment_address_too_often'), codes.join())
  assert.ok(codes.includes('enrollment_user_too_often'), codes.join())
})
