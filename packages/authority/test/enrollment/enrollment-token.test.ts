import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { twoApps } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  const apps = twoApps.replaceAll('[development] }', '[development], enrollmentToken: required }')
  deployment = await deploy({ apps, now: clock.now })
})
after(() => deployment.close())

async function makeToken(body: object = { appId: 'wallet' }) {
  const answer = await deployment.admin('/admin/v1/enrollment-tokens', { body })
  assert.equal(answer.status, 201, answer.text)
  return answer.body as { token: string; enrollmentToken: { id: string } }
}

async function enrollWith(enrollmentToken: string | undefined, appId = 'wallet') {
  const challenge = await takeChallenge(deployment, 'enroll', appId)
  const body = enrollmentOf(makeKey(), challenge, appId)
  return deployment.device(devicePaths.certificates, {
    body: enrollmentToken === undefined ? body : { ...body, enrollmentToken },
  })
}

test('an app that asks for a token refuses an enrolment without one', async () => {
  const answer = await enrollWith(undefined)
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'enrollment_token_required')
  assert.ok(answer.headers['www-authenticate'])
})

test('a token admits one enrolment, and the list tells which', async () => {
  const { token, enrollmentToken } = await makeToken()
  const first = await enrollWith(token)
  const second = await enrollWith(token)
  const list = await deployment.admin('/admin/v1/enrollment-tokens')
  const listed = list.body.enrollmentTokens.find(
    (row: { id: string }) => row.id === enrollmentToken.id,
  )
  assert.equal(first.status, 201, first.text)
  assert.equal(second.body.code, 'enrollment_token_invalid')
  assert.equal(listed.status, 'used')
  assert.equal(listed.usedFor, first.body.deviceId)
  assert.ok(!JSON.stringify(list.body).includes(token.slice(31)))
})

test('a token used by many at once admits one', async () => {
  const { token } = await makeToken()
  const answers = await Promise.all(Array.from({ length: 10 }, () => enrollWith(token)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(answers.filter(({ status }) => status === 401).length, 9)
})

test('an enrolment that is sent again does not need its token again', async () => {
  const { token } = await makeToken()
  const body = {
    ...enrollmentOf(makeKey(), await takeChallenge(deployment)),
    enrollmentToken: token,
  }
  const first = await deployment.device(devicePaths.certificates, { body })
  const second = await deployment.device(devicePaths.certificates, { body })
  assert.equal(second.status, 201, second.text)
  assert.deepEqual(second.body.certificates, first.body.certificates)
})

const faults: { name: string; token: () => Promise<string> }[] = [
  { name: 'of another app', token: async () => (await makeToken({ appId: 'bank' })).token },
  {
    name: 'that expired',
    token: async () => {
      const { token } = await makeToken({ appId: 'wallet', lifetimeSeconds: 60 })
      clock.moveMinutes(2)
      return token
    },
  },
  {
    name: 'that was revoked',
    token: async () => {
      const { token, enrollmentToken } = await makeToken()
      const path = `/admin/v1/enrollment-tokens/${enrollmentToken.id}/revoke`
      assert.equal((await deployment.admin(path, { body: {} })).body.status, 'revoked')
      return token
    },
  },
  {
    name: 'whose secret is another',
    token: async () => {
      const { token } = await makeToken()
      return `${token.slice(0, -4)}AAAA`
    },
  },
  { name: 'that is no token', token: async () => 'x' },
]

for (const fault of faults) {
  test(`a token ${fault.name} is refused`, async () => {
    const answer = await enrollWith(await fault.token())
    assert.equal(answer.status, 401, answer.text)
    assert.equal(answer.body.code, 'enrollment_token_invalid')
  })
}
