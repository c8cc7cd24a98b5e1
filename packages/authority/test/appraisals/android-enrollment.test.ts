import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths, fromBase64url } from '@sallyport/wire'
import { deployAttested, enrollAndroid } from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { csrOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested()
})
after(() => deployment.close())

const detail = async (deviceId: string) =>
  (await deployment.admin(`/admin/v1/devices/${deviceId}`)).body

test('a phone enrols with a key attestation, and the certificate says where its key lives', async () => {
  const answer = await enrollAndroid(deployment)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.body.assurance, 'tee')
  const strongbox = await enrollAndroid(deployment, { phone: { securityLevel: 'strongbox' } })
  assert.equal(strongbox.body.assurance, 'strongbox')
})

test('the appraisal is kept with the device: every check, every claim, and the evidence', async () => {
  const { body, key } = await enrollAndroid(deployment)
  const { device, appraisal } = await detail(body.deviceId)
  assert.equal(device.evidenceFormat, 'android-key')
  assert.equal(device.platform, 'android')
  assert.equal(typeof device.batch, 'string')
  assert.deepEqual(device.provenFacts, ['platform', 'osVersion', 'osPatchLevel'])
  assert.equal(device.model, 'Virtual phone')
  assert.equal(appraisal.outcome, 'accepted')
  assert.equal(appraisal.deviceId, body.deviceId)
  const [result] = appraisal.results
  assert.equal(result.assurance, 'tee')
  assert.ok(result.checks.length > 10)
  assert.ok(
    result.checks.every(({ outcome }: { outcome: string }) => outcome !== 'failed'),
    JSON.stringify(result.checks),
  )
  assert.ok(Object.keys(result.claims).length > 0)
  const { body: sent } = await deployment.admin(`/admin/v1/appraisals/${appraisal.id}/evidence`)
  assert.equal(sent.evidence.format, 'android-key')
  assert.deepEqual(
    Buffer.from(fromBase64url(sent.spki) ?? []),
    key.publicKey.export({ format: 'der', type: 'spki' }),
  )
})

test('the serial numbers of the chain are kept, so that a later status list finds the device', async () => {
  const { body } = await enrollAndroid(deployment)
  const { appraisal } = await detail(body.deviceId)
  const { serials } = appraisal.results[0].facts
  assert.ok(serials.length >= 3)
})

const refusals = [
  ['unlocked-bootloader', 'android_bootloader_unlocked'],
  ['other-package', 'android_package_mismatch'],
  ['other-signer', 'android_signer_mismatch'],
  ['other-challenge', 'attestation_challenge_mismatch'],
  ['other-key', 'attestation_key_mismatch'],
  ['own-root', 'attestation_root_untrusted'],
  ['software-key', 'android_key_in_software'],
] as const

for (const [hostility, code] of refusals) {
  test(`${hostility}: the phone hears one reason, the operator the exact one`, async () => {
    const answer = await enrollAndroid(deployment, { hostility })
    assert.equal(answer.status, 403, answer.text)
    assert.equal(answer.body.code, 'evidence_refused')
    assert.ok(!answer.text.includes(code))
    const explained = await deployment.admin(`/admin/v1/decisions/${answer.body.requestId}`)
    const [{ decision }] = explained.body.decisions
    const codes = decision.stages.map((stage: { code: string }) => stage.code)
    assert.equal(decision.code, codes[0])
    assert.ok(codes.includes(code), codes.join(' '))
    const [stage] = decision.stages
    assert.equal(stage.stage, 'android-key')
    assert.ok(stage.check && stage.expected && stage.found)
  })
}

test('a refused appraisal is kept whole but for what was sent: what passed, and what failed', async () => {
  const { body } = await enrollAndroid(deployment, { hostility: 'unlocked-bootloader' })
  const explained = await deployment.admin(`/admin/v1/decisions/${body.requestId}`)
  const [appraisal] = explained.body.appraisals
  assert.equal(appraisal.outcome, 'refused')
  assert.equal(appraisal.deviceId, null)
  assert.equal(appraisal.model, 'Virtual phone')
  assert.equal(appraisal.hasEvidence, false)
  const outcomes = new Set(
    appraisal.results[0].checks.map(({ outcome }: { outcome: string }) => outcome),
  )
  assert.ok(outcomes.has('passed') && outcomes.has('failed'))
  const evidence = await deployment.admin(`/admin/v1/appraisals/${appraisal.id}/evidence`)
  assert.equal(evidence.status, 404)
})

test('evidence that is no evidence is refused, whatever it is', async () => {
  for (const evidence of [
    { format: 'android-key' },
    { format: 'android-key', chain: [] },
    { format: 'android-key', chain: ['AAAA', 'AAAA'] },
    { format: 'android-key', chain: { length: 3 } },
    { format: 'constructor' },
    { format: 'play-integrity', token: 'x' },
  ]) {
    const { key } = await enrollAndroid(deployment)
    const sent = await enrollWith(key, evidence)
    assert.ok([400, 403].includes(sent.status), sent.text)
  }
})

async function enrollWith(key: Parameters<typeof csrOf>[0], evidence: object) {
  const challenge = await takeChallenge(deployment)
  const about = { appId: 'wallet', platform: 'android', appVersion: '1.0.0' }
  const body = { ...about, challenge, csr: csrOf(key), evidence }
  return deployment.device(devicePaths.certificates, { body })
}
