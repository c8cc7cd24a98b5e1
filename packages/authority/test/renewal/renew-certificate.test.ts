import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseCertificate } from '@sallyport/pki'
import { devicePaths, fromBase64url } from '@sallyport/wire'
import { developmentAppWith } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  csrOf,
  aboutTheApp,
  enroll,
  evidenceOf,
  makeKey,
  type Phone,
  phoneOf,
  renew,
  renewalByProof,
  takeChallenge,
} from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  const apps = `${developmentAppWith('graceDays: 30')}    attestation: { maxAgeDays: 90 }\n`
  deployment = await deploy({ apps, now: clock.now })
})
after(() => deployment.close())

const send = (body: unknown, tls?: Phone['tls']) =>
  deployment.device(devicePaths.renewals, { body, ...tls })
const me = (phone: Phone) => deployment.device(devicePaths.me, phone.tls)

test('a certificate is renewed over mutual TLS with the same key', async () => {
  const phone = await enroll(deployment)
  const answer = await renew(deployment, phone)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.deviceId, phone.issued.deviceId)
  assert.notDeepEqual(answer.body.certificates, phone.issued.certificates)
  assert.equal((await me(phoneOf(phone.key, answer.body))).status, 200)
})

test('a certificate says when its device enrolled, and so does its successor', async () => {
  const before = clock.now() - 1_000
  const phone = await enroll(deployment)
  const after = clock.now()
  clock.moveMinutes(60)
  // With evidence of another key: nothing else in it is of the time of the enrolment.
  const answer = await renew(deployment, phone, makeKey())
  const der = Buffer.from(fromBase64url(answer.body.certificates[0]) ?? [])
  const times = der.toString('latin1').match(/\d{14}Z/g) ?? []
  const enrolledAt = times.map((text) =>
    Date.parse(text.replace(/(....)(..)(..)(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')),
  )
  assert.equal(enrolledAt.filter((at) => at >= before && at <= after).length, 1, times.join(' '))
})

test('a renewal that is sent again, or many times at once, has one answer', async () => {
  const phone = await enroll(deployment)
  const answers = await Promise.all(Array.from({ length: 8 }, () => renew(deployment, phone)))
  const again = await renew(deployment, phone)
  const all = [...answers, again].map(({ body }) => body.certificates[0])
  assert.equal(new Set(all).size, 1)
})

test('another key renews with evidence, and not without', async () => {
  const phone = await enroll(deployment)
  const key = makeKey()
  const without = await send({ csr: csrOf(key), ...aboutTheApp }, phone.tls)
  assert.equal(without.status, 400)
  assert.equal(without.body.code, 'renewal_evidence_required')
  const answer = await renew(deployment, phone, key)
  assert.equal(answer.status, 201, answer.text)
  assert.equal((await me(phoneOf(key, answer.body))).status, 200)
})

test('the successor names its predecessors while they have not expired', async () => {
  const phone = await enroll(deployment)
  const answer = await renew(deployment, phone)
  const leaf = parseCertificate(fromBase64url(answer.body.certificates[0]) ?? new Uint8Array())
  const old = parseCertificate(
    fromBase64url(phone.issued.certificates[0] ?? '') ?? new Uint8Array(),
  )
  const named = [...leaf.extensions.values()].some(({ value }) =>
    value.includes(Buffer.from(old.thumbprint, 'base64url')),
  )
  assert.ok(named)
})

test('another key with evidence replaces a successor that was never used', async () => {
  const phone = await enroll(deployment)
  const lost = phoneOf(phone.key, (await renew(deployment, phone)).body)
  const key = makeKey()
  const answer = await renew(deployment, phone, key)
  assert.equal(answer.status, 201, answer.text)
  assert.equal((await me(phoneOf(key, answer.body))).status, 200)
  assert.equal((await me(lost)).body.code, 'device_certificate_superseded')
})

test('renewals with different keys at once end with one active successor', async () => {
  const phone = await enroll(deployment)
  const keys = Array.from({ length: 5 }, makeKey)
  const answers = await Promise.all(keys.map((key) => renew(deployment, phone, key)))
  const phones = answers.flatMap((answer, index) =>
    answer.status === 201 ? [phoneOf(keys[index] ?? phone.key, answer.body)] : [],
  )
  const states = await Promise.all(phones.map(me))
  assert.ok(phones.length >= 1)
  assert.equal(states.filter(({ status }) => status === 200).length, 1)
})

test('an expired certificate is renewed by a signature of its key within the grace period', async () => {
  const phone = await enroll(deployment)
  clock.move(20)
  const overTls = await renew(deployment, phone)
  assert.equal(overTls.status, 401)
  assert.equal(overTls.body.code, 'device_certificate_expired')
  assert.equal(overTls.body.action, 'renew')
  const body = await renewalByProof(deployment, phone)
  const answer = await send(body)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.deviceId, phone.issued.deviceId)
  assert.deepEqual((await send(body)).body.certificates, answer.body.certificates)
  assert.equal((await me(phoneOf(phone.key, answer.body))).status, 200)
})

test('after the grace period a device attests again', async () => {
  const phone = await enroll(deployment)
  clock.move(32)
  const answer = await send(await renewalByProof(deployment, phone))
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'renewal_grace_over')
  assert.equal(answer.body.action, 're-enroll')
})

test('a proof of another key, and a proof for another new key, are refused', async () => {
  const phone = await enroll(deployment)
  const other = { ...phone, key: makeKey() }
  const wrongSigner = { ...(await renewalByProof(deployment, other)), csr: csrOf(phone.key) }
  assert.equal((await send(wrongSigner)).body.code, 'renewal_proof_invalid')
  const body = await renewalByProof(deployment, phone)
  const bent = await send({ ...body, csr: csrOf(makeKey()) })
  assert.equal(bent.body.code, 'renewal_proof_invalid')
})

test('a proof over a challenge for an enrolment is refused', async () => {
  const phone = await enroll(deployment)
  const body = await renewalByProof(deployment, phone)
  const answer = await send({ ...body, challenge: await takeChallenge(deployment) })
  assert.equal(answer.body.code, 'challenge_refused')
})

test('a challenge renews one certificate', async () => {
  const [one, two] = [await enroll(deployment), await enroll(deployment)]
  const challenge = await takeChallenge(deployment, 'renew')
  const key = makeKey()
  const body = {
    csr: csrOf(key),
    challenge,
    evidence: evidenceOf(key, challenge),
    ...aboutTheApp,
  }
  assert.equal((await send(body, one.tls)).status, 201)
  assert.equal((await send(body, two.tls)).body.code, 'challenge_used')
})

test('a renewal needs a certificate', async () => {
  const answer = await send({ csr: csrOf(makeKey()), ...aboutTheApp })
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'device_certificate_required')
})

test('half of a renewal by signature is no message', async () => {
  const phone = await enroll(deployment)
  const body = { ...(await renewalByProof(deployment, phone)), proof: undefined }
  assert.equal((await send(body)).body.code, 'message_malformed')
})

test('evidence that was appraised too long ago is renewed with the certificate', async () => {
  let phone = await enroll(deployment)
  for (let round = 0; round < 4; round++) {
    clock.move(23)
    const answer = await send(await renewalByProof(deployment, phone))
    if (round < 3) {
      assert.equal(answer.status, 201, answer.text)
      phone = phoneOf(phone.key, answer.body)
    } else {
      assert.equal(answer.body.code, 'renewal_evidence_required')
    }
  }
  const body = await renewalByProof(deployment, phone)
  const answer = await send({ ...body, evidence: evidenceOf(phone.key, body.challenge) })
  assert.equal(answer.status, 201, answer.text)
})

test('a suspended device does not renew, and renews again when it is resumed', async () => {
  // Of its own: months have passed in the other one, and the token of its admin with them.
  const own = await deploy()
  try {
    const phone = await enroll(own)
    const path = `/admin/v1/devices/${phone.issued.deviceId}`
    await own.admin(`${path}/suspend`, { body: {} })
    assert.equal((await renew(own, phone)).body.code, 'device_suspended')
    await own.admin(`${path}/resume`, { body: {} })
    assert.equal((await renew(own, phone)).status, 201)
  } finally {
    await own.close()
  }
})

test('a revoked device is told to enrol anew', async () => {
  const own = await deploy()
  try {
    const phone = await enroll(own)
    await own.admin(`/admin/v1/devices/${phone.issued.deviceId}/revoke`, { body: {} })
    const answer = await renew(own, phone)
    assert.equal(answer.status, 403)
    assert.equal(answer.body.code, 'device_revoked')
    assert.equal(answer.body.action, 're-enroll')
  } finally {
    await own.close()
  }
})
