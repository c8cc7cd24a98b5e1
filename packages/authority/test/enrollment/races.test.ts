import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import {
  enroll,
  enrollmentOf,
  makeKey,
  type Phone,
  phoneOf,
  renew,
  renewalByProof,
  takeChallenge,
} from '../fixture/phone.ts'

const apps = `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
  invited:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], enrollmentToken: required }
  guarded:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
  both:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required, enrollmentToken: required }
`
const many = 50

let deployment: Deployment
before(async () => {
  deployment = await deploy({ apps })
})
after(() => deployment.close())

const send = (body: object) => deployment.device(devicePaths.certificates, { body })
const tokenFor = async (appId: string): Promise<string> =>
  (await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId } })).body.token
const codes = (answers: HttpAnswer[]) =>
  answers.map(({ status, body }) => (status < 300 ? String(status) : String(body.code)))
const count = (answers: HttpAnswer[], wanted: string) =>
  codes(answers).filter((code) => code === wanted).length

test('one challenge used by fifty keys at once enrols one of them', async () => {
  const challenge = await takeChallenge(deployment)
  const answers = await Promise.all(
    Array.from({ length: many }, () => send(enrollmentOf(makeKey(), challenge))),
  )
  assert.equal(count(answers, '201'), 1)
  assert.equal(count(answers, 'challenge_used'), many - 1)
})

test('one enrolment sent fifty times at once is one device', async () => {
  const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
  const answers = await Promise.all(Array.from({ length: many }, () => send(body)))
  assert.deepEqual(new Set(codes(answers)), new Set(['201']))
  assert.equal(new Set(answers.map((answer) => answer.body.certificates[0])).size, 1)
})

test('one key that enrols twenty times at once is one active device', async () => {
  const key = makeKey()
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () =>
      send(enrollmentOf(key, await takeChallenge(deployment))),
    ),
  )
  const phones = answers.map(({ body }) => phoneOf(key, body))
  const states = await Promise.all(phones.map(({ tls }) => deployment.device(devicePaths.me, tls)))
  assert.equal(count(states, '200'), 1)
  assert.equal(count(states, 'device_superseded'), 19)
})

for (const appId of ['invited', 'both']) {
  test(`one token used by fifty phones at once lets one of them into app ${appId}`, async () => {
    const enrollmentToken = await tokenFor(appId)
    const answers = await Promise.all(
      Array.from({ length: many }, async () => {
        const challenge = await takeChallenge(deployment, 'enroll', appId)
        return send({ ...enrollmentOf(makeKey(), challenge, appId), enrollmentToken })
      }),
    )
    assert.equal(count(answers, appId === 'both' ? '202' : '201'), 1)
    assert.equal(count(answers, 'enrollment_token_invalid'), many - 1)
  })
}

test('a token of another app is refused in the words for one that never was, and stays usable', async () => {
  const enrollmentToken = await tokenFor('both')
  const attempt = async (text: string) => {
    const challenge = await takeChallenge(deployment, 'enroll', 'invited')
    return send({ ...enrollmentOf(makeKey(), challenge, 'invited'), enrollmentToken: text })
  }
  const told = async (text: string) => {
    const { status, body } = await attempt(text)
    const { requestId, supportCode, ...rest } = body
    assert.ok(requestId && supportCode)
    return { status, ...rest }
  }
  const other = await told(enrollmentToken)
  const never = await told(`ent_${'a'.repeat(26)}_${'b'.repeat(43)}`)
  const noToken = await told('nonsense')
  assert.deepEqual(other, never)
  assert.deepEqual(other, noToken)
  const challenge = await takeChallenge(deployment, 'enroll', 'both')
  const own = await send({ ...enrollmentOf(makeKey(), challenge, 'both'), enrollmentToken })
  assert.equal(own.status, 202)
})

test('a challenge of another app or purpose is refused in the words for one that was made up', async () => {
  const forged = Buffer.from(await takeChallenge(deployment), 'base64url')
  forged[31] = (forged[31] ?? 0) ^ 1
  const challenges = [
    forged.toString('base64url'),
    await takeChallenge(deployment, 'renew'),
    await takeChallenge(deployment, 'enroll', 'guarded'),
  ]
  const answers = await Promise.all(
    challenges.map((challenge) => send(enrollmentOf(makeKey(), challenge))),
  )
  assert.deepEqual(codes(answers), Array(3).fill('challenge_refused'))
  const other = await deploy()
  try {
    const answer = await send(enrollmentOf(makeKey(), await takeChallenge(other)))
    assert.equal(answer.body.code, 'challenge_refused')
  } finally {
    await other.close()
  }
})

for (const verb of ['approve', 'deny'] as const) {
  test(`an enrolment that is polled fifty times while someone chooses to ${verb} has one outcome`, async () => {
    const challenge = await takeChallenge(deployment, 'enroll', 'guarded')
    const body = enrollmentOf(makeKey(), challenge, 'guarded')
    const { approvalId } = (await send(body)).body
    const decide = () => deployment.admin(`/admin/v1/approvals/${approvalId}/${verb}`, { body: {} })
    const polls = Array.from({ length: many }, () => send(body))
    const [decided, ...answers] = await Promise.all([decide(), ...polls])
    assert.equal(decided?.status, 200)
    const told = new Set(codes(answers))
    told.delete('202')
    const outcome = verb === 'approve' ? '201' : 'enrollment_denied'
    for (const code of told) assert.equal(code, outcome)
    const last = await Promise.all(Array.from({ length: many }, () => send(body)))
    assert.deepEqual(new Set(codes(last)), new Set([outcome]))
    if (verb === 'approve') {
      assert.equal(new Set(last.map((answer) => answer.body.certificates[0])).size, 1)
    }
    const other = await deployment.admin(
      `/admin/v1/approvals/${approvalId}/${verb === 'deny' ? 'approve' : 'deny'}`,
      { body: {} },
    )
    assert.equal(other.body.code, 'approval_decided')
  })
}

const me = (phone: Phone) => deployment.device(devicePaths.me, phone.tls)

for (const verb of ['suspend', 'revoke'] as const) {
  test(`renewals that race with ${verb} leave no certificate that counts`, async () => {
    const phone = await enroll(deployment)
    const keys = Array.from({ length: 20 }, makeKey)
    const at = `/admin/v1/devices/${phone.issued.deviceId}/${verb}`
    const [change, ...answers] = await Promise.all([
      deployment.admin(at, { body: {} }),
      ...keys.map((key) => renew(deployment, phone, key)),
    ])
    assert.equal(change?.status, 200)
    for (const [index, answer] of answers.entries()) {
      if (answer.status !== 201) continue
      const state = await me(phoneOf(keys[index] ?? phone.key, answer.body))
      assert.match(state.body.code, /^device_(suspended|revoked)$/)
    }
    assert.equal((await renew(deployment, phone)).status, 403)
  })
}

test('the proof of one phone does not renew the certificate of another', async () => {
  const [mine, theirs] = [await enroll(deployment), await enroll(deployment)]
  const body = await renewalByProof(deployment, mine)
  const certificate = theirs.issued.certificates[0]
  const stolen = { body: { ...body, certificate } }
  const plain = await deployment.device(devicePaths.renewals, stolen)
  assert.equal(plain.body.code, 'renewal_proof_invalid')
  // Nor does a connection under one's own certificate help.
  const overTls = await deployment.device(devicePaths.renewals, { ...stolen, ...mine.tls })
  assert.equal(overTls.body.code, 'renewal_proof_invalid')
  assert.equal((await me(theirs)).status, 200)
})
