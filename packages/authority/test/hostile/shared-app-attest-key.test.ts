import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeAppAttestKey } from '@sallyport/virtual-device'
import { devicePaths } from '@sallyport/wire'
import {
  assertedRenewal,
  attestedApp,
  attestationOf,
  deployAttested,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, enroll, makeKey, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  // Development evidence proves no platform, so that such a device may register an App Attest key.
  const apps = attestedApp().replace('apple-app-attest]', 'apple-app-attest, development]')
  deployment = await deployAttested({ apps })
})
after(() => deployment.close())

const shown = async (deviceId: string) =>
  (await deployment.admin(`/admin/v1/devices/${deviceId}`)).body.device
const renew = (body: unknown, tls: object) =>
  deployment.device(devicePaths.renewals, { body, ...tls })

test('an App Attest key that attests a second installation ends the first: it makes no farm of devices', async () => {
  const appAttestKey = makeAppAttestKey()
  const first = await enrollIos(deployment, { appAttestKey })
  const second = await enrollIos(deployment, { appAttestKey })
  assert.equal(second.status, 201, second.text)
  const { status, statusReason } = await shown(first.body.deviceId)
  assert.equal(status, 'superseded')
  assert.match(statusReason, new RegExp(second.body.deviceId))
  const late = await renew(
    await assertedRenewal(deployment, { appAttestKey, counter: 1 }),
    phoneOf(first.key, first.body).tls,
  )
  assert.equal(late.body.code, 'device_superseded')
})

test('of twenty enrolments by one App Attest key at once one device is left', async () => {
  const appAttestKey = makeAppAttestKey()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => enrollIos(deployment, { appAttestKey })),
  )
  const devices = await Promise.all(answers.map(({ body }) => shown(body.deviceId)))
  assert.equal(devices.filter(({ status }) => status === 'active').length, 1)
})

for (const [verb, code] of [
  ['suspend', 'device_suspended'],
  ['revoke', 'device_revoked'],
] as const) {
  test(`after ${verb} its App Attest key brings no device back under another TLS key`, async () => {
    const appAttestKey = makeAppAttestKey()
    const { body } = await enrollIos(deployment, { appAttestKey })
    await deployment.admin(`/admin/v1/devices/${body.deviceId}/${verb}`, { body: {} })
    assert.equal((await enrollIos(deployment, { appAttestKey })).body.code, code)
  })
}

test('a device does not register the App Attest key of another by renewing', async () => {
  const appAttestKey = makeAppAttestKey()
  const victim = await enrollIos(deployment, { appAttestKey })
  const other = await enroll(deployment)
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const evidence = attestationOf(key, challenge, { appAttestKey })
  const body = { csr: csrOf(key), challenge, evidence, ...aboutTheApp }
  const answer = await renew(body, other.tls)
  assert.equal(answer.body.code, 'evidence_refused')
  const { body: told } = await deployment.admin(`/admin/v1/decisions/${answer.body.requestId}`)
  assert.equal(told.decisions[0].decision.code, 'app_attest_key_held')
  assert.equal((await shown(victim.body.deviceId)).status, 'active')
  assert.equal((await shown(other.issued.deviceId)).evidenceFormat, 'development')
})
