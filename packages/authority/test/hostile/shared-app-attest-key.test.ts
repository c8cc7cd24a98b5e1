import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeAppAttestKey } from '@sallyport/virtual-device'
import { devicePaths } from '@sallyport/wire'
import {
  androidMembers,
  assertedRenewal,
  attestationOf,
  deployAttested,
  enrollAndroid,
  enrollIos,
} from '../fixture/attested-phone.ts'
import type { Deployment } from '../fixture/deployment.ts'
import { csrOf, makeKey, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested()
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
  const other = await enrollAndroid(deployment)
  const key = makeKey()
  const challenge = await takeChallenge(deployment, 'renew')
  const body = {
    ...androidMembers(key, challenge),
    csr: csrOf(key),
    evidence: attestationOf(key, challenge, { appAttestKey }),
    platform: 'ios',
  }
  const answer = await renew(body, phoneOf(other.key, other.body).tls)
  assert.equal(answer.body.code, 'evidence_refused')
  const { body: told } = await deployment.admin(`/admin/v1/decisions/${answer.body.requestId}`)
  assert.equal(told.decisions[0].decision.code, 'app_attest_key_held')
  assert.equal((await shown(victim.body.deviceId)).status, 'active')
  assert.equal((await shown(other.body.deviceId)).evidenceFormat, 'android-key')
})
