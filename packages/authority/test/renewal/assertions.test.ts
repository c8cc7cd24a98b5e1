import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeAppAttestKey } from '@sallyport/virtual-device'
import { devicePaths } from '@sallyport/wire'
import {
  type AssertionWishes,
  androidMembers,
  assertedRenewal,
  attestedApp,
  attestationOf,
  deployAttested,
  enrollIos,
} from '../fixture/attested-phone.ts'
import { movableClock } from '../fixture/clock.ts'
import type { Deployment } from '../fixture/deployment.ts'
import {
  aboutTheApp,
  csrOf,
  evidenceOf,
  makeKey,
  phoneOf,
  takeChallenge,
} from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  const apps = attestedApp({ more: 'attestation: { maxAgeDays: 1 }' })
  deployment = await deployAttested({ apps, now: clock.now })
})
after(() => deployment.close())

async function iphone() {
  const { key, appAttestKey, body } = await enrollIos(deployment, { at: clock.now() })
  return { ...phoneOf(key, body), appAttestKey }
}
type Iphone = Awaited<ReturnType<typeof iphone>>

const send = (body: unknown, phone: Iphone) =>
  deployment.device(devicePaths.renewals, { body, ...phone.tls })
const renew = async (phone: Iphone, wishes: Omit<AssertionWishes, 'appAttestKey'>) =>
  send(await assertedRenewal(deployment, { appAttestKey: phone.appAttestKey, ...wishes }), phone)
/** What the operator is told. */
const codeOf = async (requestId: string) => {
  const { body } = await deployment.admin(`/admin/v1/decisions/${requestId}`)
  return body.decisions[0].decision.code
}
const detail = async (phone: Iphone) =>
  (await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}`)).body

test('an iPhone enrols as app-attested, never more', async () => {
  const phone = await iphone()
  assert.equal(phone.issued.assurance, 'app-attested')
  const { device } = await detail(phone)
  assert.deepEqual([device.platform, device.evidenceFormat], ['ios', 'apple-app-attest'])
  assert.ok(device.provenFacts.includes('platform'))
})

test('it renews with an assertion by its App Attest key, with the same TLS key or a new one', async () => {
  const phone = await iphone()
  const same = await renew(phone, { key: phone.key, counter: 1 })
  assert.equal(same.status, 201, same.text)
  assert.equal(same.body.assurance, 'app-attested')
  const next = { ...phoneOf(phone.key, same.body), appAttestKey: phone.appAttestKey }
  const other = await renew(next, { counter: 2 })
  assert.equal(other.status, 201, other.text)
  assert.equal(other.body.deviceId, phone.issued.deviceId)
})

test('without an assertion it renews neither with the same key nor with a new one', async () => {
  const phone = await iphone()
  for (const key of [phone.key, makeKey()]) {
    const answer = await send({ csr: csrOf(key), ...aboutTheApp }, phone)
    assert.equal(answer.status, 400)
    assert.equal(answer.body.code, 'renewal_evidence_required')
    assert.equal(answer.body.action, 're-enroll')
    assert.match(answer.body.detail, /assertion/)
  }
})

test('an assertion of another device is refused', async () => {
  const [phone, other] = [await iphone(), await iphone()]
  const body = await assertedRenewal(deployment, { appAttestKey: other.appAttestKey, counter: 1 })
  const answer = await send(body, phone)
  assert.equal(answer.body.code, 'evidence_refused')
  assert.equal(await codeOf(answer.body.requestId), 'app_attest_other_key')
  const underOwnName = await renew(phone, { counter: 1, hostility: 'other-key' })
  const code = await codeOf(underOwnName.body.requestId)
  assert.equal(code, 'app_attest_assertion_signature_invalid')
})

test('a new attestation does not take the place of an assertion', async () => {
  const phone = await iphone()
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  for (const appAttestKey of [phone.appAttestKey, makeAppAttestKey()]) {
    const evidence = attestationOf(key, challenge, { appAttestKey, at: clock.now() })
    const body = { csr: csrOf(key), challenge, evidence, ...aboutTheApp }
    const answer = await send(body, phone)
    assert.equal(answer.status, 403, answer.text)
    assert.equal(await codeOf(answer.body.requestId), 'app_attest_assertion_required')
  }
})

test('evidence of another format does not take the place of an assertion', async () => {
  const phone = await iphone()
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const android = await send(androidMembers(key, challenge, { at: clock.now() }), phone)
  assert.equal(android.body.code, 'renewal_evidence_required')
  const body = { csr: csrOf(key), challenge, evidence: evidenceOf(key, challenge), ...aboutTheApp }
  assert.equal((await send(body, phone)).body.code, 'renewal_evidence_required')
})

test('an assertion for another challenge, or another key, is refused', async () => {
  const phone = await iphone()
  const asserted = await assertedRenewal(deployment, {
    appAttestKey: phone.appAttestKey,
    counter: 1,
  })
  const otherKey = await send({ ...asserted, csr: csrOf(makeKey()) }, phone)
  assert.equal(otherKey.body.code, 'evidence_refused')
  const challenge = await takeChallenge(deployment, 'renew')
  const otherChallenge = await send({ ...asserted, challenge }, phone)
  assert.equal(otherChallenge.body.code, 'evidence_refused')
  const forEnrolment = await takeChallenge(deployment, 'enroll')
  const otherPurpose = await send({ ...asserted, challenge: forEnrolment }, phone)
  assert.equal(otherPurpose.body.code, 'challenge_refused')
})

test('the counter rises with each assertion, and an equal or lower one is refused', async () => {
  const phone = await iphone()
  const first = await renew(phone, { key: phone.key, counter: 7 })
  assert.equal(first.status, 201, first.text)
  const next = { ...phoneOf(phone.key, first.body), appAttestKey: phone.appAttestKey }
  for (const counter of [7, 6, 0]) {
    const answer = await renew(next, { counter })
    assert.equal(answer.body.code, 'evidence_refused')
    assert.equal(await codeOf(answer.body.requestId), 'app_attest_counter_not_risen')
  }
  assert.equal((await renew(next, { counter: 8 })).status, 201)
})

test('a renewal whose answer was lost is answered again with the same certificate and the same counter', async () => {
  const phone = await iphone()
  const body = await assertedRenewal(deployment, { appAttestKey: phone.appAttestKey, counter: 1 })
  const answers = [await send(body, phone), await send(body, phone)]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  )
  assert.deepEqual(answers[0]?.body.certificates, answers[1]?.body.certificates)
})

test('of two assertions with one counter at once, exactly one renews', async () => {
  const phone = await iphone()
  const answers = await Promise.all([1, 2, 3, 4].map(() => renew(phone, { counter: 5 })))
  const codes = answers.map(({ status, body }) => (status === 201 ? 201 : body.code))
  assert.deepEqual(codes.toSorted(), [
    201,
    'evidence_refused',
    'evidence_refused',
    'evidence_refused',
  ])
})

test('an iPhone that asserts is never too old: each assertion is fresh evidence', async () => {
  const phone = await iphone()
  let current = phone
  for (let counter = 1; counter <= 3; counter++) {
    clock.move(0.9)
    const answer = await renew(current, { key: phone.key, counter })
    assert.equal(answer.status, 201, answer.text)
    current = { ...phoneOf(phone.key, answer.body), appAttestKey: phone.appAttestKey }
  }
  const { device } = await detail(phone)
  assert.ok(clock.now() - Date.parse(device.appraisedAt) < 60_000)
})

test('the attestation that registered the key stays beside the assertions', async () => {
  const phone = await iphone()
  const first = await renew(phone, { key: phone.key, counter: 1 })
  const next = { ...phoneOf(phone.key, first.body), appAttestKey: phone.appAttestKey }
  clock.move(1 / 24)
  await renew(next, { key: phone.key, counter: 2 })
  const { body } = await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}/appraisals`)
  const kept = body.appraisals.map(
    ({ purpose, hasEvidence }: { purpose: string; hasEvidence: boolean }) => [purpose, hasEvidence],
  )
  assert.deepEqual(kept.toSorted(), [
    ['enroll', true],
    ['renew', false],
    ['renew', true],
  ])
})
