import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  attestedApp,
  deployAttested,
  enrollAndroid,
  renewAndroid,
} from '../fixture/attested-phone.ts'
import { type Deployment } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, makeKey, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  const android = "minimumOsPatchLevel: '2024-01'"
  deployment = await deployAttested({
    apps: attestedApp({ enrollment: 'mode: shadow', android }),
  })
})
after(() => deployment.close())

const detail = async (deviceId: string) =>
  (await deployment.admin(`/admin/v1/devices/${deviceId}`)).body
const report = async (query = '') => {
  const { body, status, text } = await deployment.admin(`/admin/v1/attestation/report${query}`)
  assert.equal(status, 200, text)
  return body
}

async function enrollWithoutEvidence() {
  const key = makeKey()
  const challenge = await takeChallenge(deployment)
  const body = { appId: 'wallet', challenge, csr: csrOf(key), ...aboutTheApp }
  return { key, ...(await deployment.device(devicePaths.certificates, { body })) }
}

test('mode shadow issues what the evidence proves, and notes each check of policy that would have refused', async () => {
  const { body, text } = await enrollAndroid(deployment, { hostility: 'old-patch-level' })
  assert.equal(body.assurance, 'tee', text)
  const { device, appraisal } = await detail(body.deviceId)
  assert.deepEqual(
    device.shadow.map(({ code }: { code: string }) => code),
    ['android_os_patch_level_too_old'],
  )
  assert.equal(device.evidenceFormat, 'android-key')
  assert.equal(appraisal.outcome, 'shadowed')
  assert.equal(appraisal.failed[0].format, 'android-key')
})

test('evidence whose proof fails proves nothing, also in mode shadow', async () => {
  const { body } = await enrollAndroid(deployment, { hostility: 'other-challenge' })
  assert.equal(body.assurance, 'unattested')
  const { device, appraisal } = await detail(body.deviceId)
  assert.deepEqual([device.evidenceFormat, device.batch, device.provenFacts], [null, null, []])
  assert.equal(appraisal.outcome, 'shadowed')
})

test('a phone without evidence is issued to in mode shadow, and counted', async () => {
  const { body } = await enrollWithoutEvidence()
  assert.equal(body.assurance, 'unattested')
  const { appraisal } = await detail(body.deviceId)
  assert.equal(appraisal.format, 'none')
  assert.deepEqual(
    appraisal.failed.map(({ code }: { code: string }) => code),
    ['evidence_required'],
  )
})

test('the report tells the loss by check, model, system and app', async () => {
  await enrollAndroid(deployment)
  const told = await report('?appId=wallet&days=1')
  assert.deepEqual(told.totals, { appraised: 4, accepted: 1, wouldBeRefused: 3, refused: 0 })
  const codes = told.byCheck.map(({ code }: { code: string }) => code).toSorted()
  assert.deepEqual(codes, [
    'android_os_patch_level_too_old',
    'attestation_challenge_mismatch',
    'evidence_required',
  ])
  const [model] = told.byModel
  assert.deepEqual(model, {
    name: 'Virtual phone',
    appraised: 3,
    accepted: 1,
    wouldBeRefused: 2,
    refused: 0,
  })
  assert.equal(told.byAppVersion[0].name, '1.0.0')
  assert.deepEqual(
    told.byOsVersion.map(({ name }: { name: string }) => name),
    ['android 16', 'android', 'other'],
  )
  assert.equal(told.isTruncated, false)
  assert.deepEqual((await report('?top=1')).byModel.length, 1)
})

test('what a stranger sends in mode shadow is appraised, and not kept where it is larger than evidence', async () => {
  const key = makeKey()
  const challenge = await takeChallenge(deployment)
  const junk = Array.from({ length: 3 }, () => 'A'.repeat(16_000))
  const evidence = { format: 'android-key', chain: junk }
  const body = { appId: 'wallet', challenge, csr: csrOf(key), evidence, ...aboutTheApp }
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.equal(answer.body.assurance, 'unattested', answer.text)
  const { appraisal } = await detail(answer.body.deviceId)
  assert.equal(appraisal.hasEvidence, false)
  assert.equal(appraisal.failed[0].code, 'attestation_malformed')
})

test('a report of an app that is not there, or over no days, is refused', async () => {
  const unknown = await deployment.admin('/admin/v1/attestation/report?appId=none')
  assert.equal(unknown.status, 404)
  const never = await deployment.admin('/admin/v1/attestation/report?days=0')
  assert.equal(never.status, 400)
})

test('once enforced, the same phones are refused, counted, and those of shadow bring evidence at their next renewal', async () => {
  const weak = await enrollAndroid(deployment, { hostility: 'old-patch-level' })
  const none = await enrollWithoutEvidence()
  const strong = await enrollAndroid(deployment)
  const android = "minimumOsPatchLevel: '2024-01'"
  await deployment.restart({ apps: attestedApp({ android }) })
  assert.equal((await enrollAndroid(deployment, { hostility: 'old-patch-level' })).status, 403)
  assert.equal((await enrollWithoutEvidence()).body.code, 'evidence_required')
  assert.equal((await report()).totals.refused, 2)

  const renewSame = ({ key, body }: typeof weak) => {
    const renewal = { csr: csrOf(key), ...aboutTheApp }
    return deployment.device(devicePaths.renewals, { body: renewal, ...phoneOf(key, body).tls })
  }
  assert.equal((await renewSame(strong)).status, 201)
  for (const phone of [weak, none]) {
    const answer = await renewSame(phone)
    assert.equal(answer.body.code, 'renewal_evidence_required', answer.text)
  }
  // Only the phone that enrolled under the development root may go on with evidence that ends there.
  const updated = await renewAndroid(deployment, phoneOf(weak.key, weak.body))
  assert.equal(updated.status, 201, updated.text)
  const { device, appraisal } = await detail(weak.body.deviceId)
  assert.deepEqual(device.shadow, [])
  assert.equal(appraisal.outcome, 'accepted')
  const strayed = await renewAndroid(deployment, phoneOf(none.key, none.body))
  assert.equal(strayed.body.code, 'evidence_refused', strayed.text)
})
