import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { appAssertionEvidence } from '@sallyport/virtual-device'
import { devicePaths, enrollmentProofBase, fromBase64url } from '@sallyport/wire'
import {
  androidMembers,
  assertedRenewal,
  attestationOf,
  attestedApp,
  deployAttested,
  enrollAndroid,
  enrollIos,
  renewAndroid,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import {
  aboutTheApp,
  csrOf,
  makeKey,
  type Phone,
  phoneOf,
  renewalByProof,
  spkiOf,
  takeChallenge,
} from '../fixture/phone.ts'

let aheadMs = 0
let deployment: Deployment
before(async () => {
  deployment = await deployAttested({ now: () => Date.now() + aheadMs })
})
after(() => deployment.close())

const send = (body: unknown, tls: object = {}) =>
  deployment.device(devicePaths.renewals, { body, ...tls })
const failedOf = async (requestId: string) => {
  const { body } = await deployment.admin(`/admin/v1/decisions/${requestId}`)
  return body.appraisals[0].failed.map(({ name }: { name: string }) => name)
}
const androidPhone = async (securityLevel: 'tee' | 'strongbox' = 'tee') => {
  const { key, body } = await enrollAndroid(deployment, { phone: { securityLevel } })
  return phoneOf(key, body)
}
/** What Apple attests counts for days: an iPhone enrols by the clock of the authority. */
const iPhone = () => enrollIos(deployment, { at: Date.now() + aheadMs })

/** What an iPhone attests for the renewal of an Android phone. */
async function renewAsIphone(phone: Phone) {
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const evidence = attestationOf(key, challenge, {})
  return send({ ...androidMembers(key, challenge), evidence, platform: 'ios' }, phone.tls)
}

test('what was proven to be an Android phone does not become an iPhone', async () => {
  const phone = await androidPhone()
  const answer = await renewAsIphone(phone)
  assert.equal(answer.body.code, 'evidence_refused')
  assert.deepEqual(await failedOf(answer.body.requestId), ['platform'])
  assert.equal((await renewAndroid(deployment, phone)).status, 201)
})

test('an iPhone does not become an Android phone, in mode shadow either', async () => {
  const { key, body } = await iPhone()
  const phone = phoneOf(key, body)
  assert.equal((await renewAndroid(deployment, phone)).body.code, 'renewal_evidence_required')
  await deployment.restart({ apps: attestedApp({ enrollment: 'mode: shadow' }) })
  const shadowed = await renewAndroid(deployment, phone)
  assert.equal(shadowed.body.assurance, 'unattested')
  await deployment.restart({ apps: attestedApp() })
})

test('weaker evidence at a renewal lowers what the certificate says, and stronger raises it', async () => {
  const phone = await androidPhone('strongbox')
  const weaker = await renewAndroid(deployment, phone, { phone: { securityLevel: 'tee' } })
  assert.equal(weaker.body.assurance, 'tee')
  const next = phoneOf(weaker.key, weaker.body)
  const raised = await renewAndroid(deployment, next, { phone: { securityLevel: 'strongbox' } })
  assert.equal(raised.body.assurance, 'strongbox')
})

test('an iPhone renews by signature in the grace with an assertion alone', async () => {
  const { key, appAttestKey, body } = await iPhone()
  const phone = phoneOf(key, body)
  aheadMs += 2 * 24 * 3_600_000
  const without = await send(await renewalByProof(deployment, phone))
  assert.equal(without.body.code, 'renewal_evidence_required')
  const other = await assertedRenewal(deployment, { appAttestKey, counter: 1, key })
  const mixed = { ...(await renewalByProof(deployment, phone)), evidence: other.evidence }
  assert.equal((await send(mixed)).body.code, 'evidence_refused')
  const signed = await renewalByProof(deployment, phone)
  const challenge = fromBase64url(signed.challenge) ?? new Uint8Array()
  const clientData = enrollmentProofBase(challenge, spkiOf(key))
  const evidence = appAssertionEvidence({ key: appAttestKey, clientData, counter: 1 })
  const answer = await send({ ...signed, evidence })
  assert.equal(answer.body.assurance, 'app-attested', answer.text)
})

test('an assertion of a suspended device is not used up, and counts once when it is resumed', async () => {
  const { key, appAttestKey, body } = await iPhone()
  const phone = phoneOf(key, body)
  const change = (verb: string) =>
    deployment.admin(`/admin/v1/devices/${body.deviceId}/${verb}`, { body: {} })
  const renewal = await assertedRenewal(deployment, { appAttestKey, counter: 1, key })
  await change('suspend')
  assert.equal((await send(renewal, phone.tls)).body.code, 'device_suspended')
  await change('resume')
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(renewal, phone.tls)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
  assert.equal(new Set(answers.map((answer) => answer.body.certificates[0])).size, 1)
})

test('of ten assertions with one counter at once, each for another key, one renews', async () => {
  const { key, appAttestKey, body } = await iPhone()
  const phone = phoneOf(key, body)
  const renewals = await Promise.all(
    Array.from({ length: 10 }, () => assertedRenewal(deployment, { appAttestKey, counter: 1 })),
  )
  const answers = await Promise.all(renewals.map((renewal) => send(renewal, phone.tls)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.ok(answers.every(({ status }) => status === 201 || status === 403))
})

test('a renewal that mode shadow lets pass without evidence says in the audit log what would refuse it', async () => {
  const phone = await androidPhone()
  const more = 'attestation: { maxAgeDays: 0.001 }'
  await deployment.restart({ apps: attestedApp({ enrollment: 'mode: shadow', more }) })
  aheadMs += 600_000
  const answer = await send({ csr: csrOf(phone.key), ...aboutTheApp }, phone.tls)
  assert.equal(answer.body.assurance, 'tee', answer.text)
  const { body } = await deployment.admin('/admin/v1/audit?limit=1000')
  const row = body.rows.findLast(
    ({ action, subject }: { action: string; subject: string }) =>
      action === 'certificate.renewed' && subject === phone.issued.deviceId,
  )
  assert.deepEqual(row.detail.shadow, [{ check: 'evidence', code: 'renewal_evidence_required' }])
  await deployment.restart({ apps: attestedApp() })
})
