import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  type AndroidWishes,
  androidMembers,
  attestationOf,
  attestedApp,
  deployAttested,
  enrollAndroid,
  renewAndroid,
} from '../fixture/attested-phone.ts'
import { movableClock } from '../fixture/clock.ts'
import type { Deployment } from '../fixture/deployment.ts'
import {
  aboutTheApp,
  csrOf,
  enroll,
  makeKey,
  type Phone,
  phoneOf,
  renewalByProof,
  takeChallenge,
} from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  // Evidence is too old while the token of the admin still counts.
  const more = 'certificate: { graceDays: 100 }\n    attestation: { maxAgeDays: 20 }'
  const apps = attestedApp({ more }).replace('evidence: [', 'evidence: [development, ')
  deployment = await deployAttested({ apps, now: clock.now })
})
after(() => deployment.close())

async function androidPhone(wishes: AndroidWishes = {}): Promise<Phone> {
  const { key, body } = await enrollAndroid(deployment, { at: clock.now(), ...wishes })
  return phoneOf(key, body)
}
const send = (body: object, tls?: Phone['tls']) =>
  deployment.device(devicePaths.renewals, { body, ...tls })
const detail = async ({ issued }: Phone) =>
  (await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)).body

test('a renewal with the same key keeps what was proven, and raises nothing by what the phone says', async () => {
  const phone = await androidPhone()
  const before = (await detail(phone)).device
  const body = {
    csr: csrOf(phone.key),
    ...aboutTheApp,
    platform: 'ios',
    osPatchLevel: '2099-01-01',
    osVersion: '99',
    appVersion: '2.0.0',
  }
  const answer = await send(body, phone.tls)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.assurance, 'tee')
  const { device } = await detail(phone)
  assert.equal(device.appVersion, '2.0.0')
  for (const fact of ['platform', 'osPatchLevel', 'osVersion', 'appraisedAt', 'evidenceFormat']) {
    assert.equal(device[fact], before[fact], fact)
  }
})

test('a new key renews with an attestation of it, which takes the place of the one before', async () => {
  const phone = await androidPhone()
  const first = (await detail(phone)).appraisal
  const answer = await renewAndroid(deployment, phone, {
    at: clock.now(),
    phone: { securityLevel: 'strongbox' },
  })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.assurance, 'strongbox')
  const { device, appraisal } = await detail(phone)
  assert.equal(appraisal.purpose, 'renew')
  assert.equal(device.assurance, 'strongbox')
  const superseded = await deployment.admin(`/admin/v1/appraisals/${first.id}`)
  assert.equal(superseded.body.hasEvidence, false)
  assert.deepEqual(superseded.body.results, [])
})

test('the attestation of the old key is no evidence: it answers another challenge', async () => {
  const phone = await androidPhone()
  const challenge = await takeChallenge(deployment)
  const old = androidMembers(phone.key, challenge, { at: clock.now() })
  const renewChallenge = await takeChallenge(deployment, 'renew')
  const answer = await send({ ...old, challenge: renewChallenge }, phone.tls)
  assert.equal(answer.body.code, 'evidence_refused')
})

test('evidence that is past maxAgeDays is renewed with a new key, and the answer says so', async () => {
  const phone = await androidPhone()
  clock.move(21)
  const same = await send(await renewalByProof(deployment, phone))
  assert.equal(same.status, 400)
  assert.equal(same.body.code, 'renewal_evidence_required')
  assert.match(same.body.detail, /new key/)
  const key = makeKey()
  const signed = await renewalByProof(deployment, phone, key)
  const attested = androidMembers(key, signed.challenge, { at: clock.now() })
  const answer = await send({ ...signed, ...attested })
  assert.equal(answer.status, 201, answer.text)
  const { device } = await detail(phone)
  assert.ok(clock.now() - Date.parse(device.appraisedAt) < 60_000)
})

test('evidence without the challenge that it answers is no message', async () => {
  const phone = await androidPhone()
  const challenge = await takeChallenge(deployment, 'renew')
  const body = { ...androidMembers(makeKey(), challenge), challenge: undefined }
  const answer = await send(body, phone.tls)
  assert.equal(answer.body.code, 'message_malformed')
})

test('a device without App Attest key may register one, once', async () => {
  const phone = await enroll(deployment)
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const evidence = attestationOf(key, challenge, { at: clock.now() })
  const body = { csr: csrOf(key), challenge, evidence, ...aboutTheApp, platform: 'ios' }
  const answer = await send(body, phone.tls)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.assurance, 'app-attested')
  const next = phoneOf(key, answer.body)
  const without = await send({ csr: csrOf(key), ...aboutTheApp }, next.tls)
  assert.equal(without.body.code, 'renewal_evidence_required')
})

test('a development device stays one, whatever it brings', async () => {
  const phone = await androidPhone()
  const { device } = await detail(phone)
  assert.equal(device.development, true)
  await renewAndroid(deployment, phone, { at: clock.now() })
  assert.equal((await detail(phone)).device.development, true)
})

test('the audit log names evidence and appraisal of an enrolment and of a renewal', async () => {
  const phone = await androidPhone()
  await renewAndroid(deployment, phone, { at: clock.now() })
  const { body } = await deployment.admin('/admin/v1/audit?limit=1000')
  const rows = body.rows.filter(
    ({ subject }: { subject: string }) => subject === phone.issued.deviceId,
  )
  for (const action of ['device.enrolled', 'certificate.renewed']) {
    const row = rows.find((each: { action: string }) => each.action === action)
    const told = { ...row.detail, ...row.detail.after }
    assert.equal(told.evidence, 'android-key')
    assert.equal(told.assurance, 'tee')
    assert.match(told.appraisalId, /^apl_/)
  }
})
