import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import {
  androidMembers,
  attestationOf,
  attestedApp,
  deployAttested,
} from '../fixture/attested-phone.ts'
import { type Deployment } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, makeKey, phoneOf, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deployAttested({ apps: attestedApp({ enrollment: 'approval: required' }) })
})
after(() => deployment.close())

const send = (body: object) => deployment.device(devicePaths.certificates, { body })
const approve = (approvalId: string) =>
  deployment.admin(`/admin/v1/approvals/${approvalId}/approve`, { body: {} })
const detail = async (deviceId: string) =>
  (await deployment.admin(`/admin/v1/devices/${deviceId}`)).body

test('what was appraised before approval is kept with the device that was approved', async () => {
  const key = makeKey()
  const body = { appId: 'wallet', ...androidMembers(key, await takeChallenge(deployment)) }
  const waiting = await send(body)
  assert.equal(waiting.status, 202, waiting.text)
  await approve(waiting.body.approvalId)
  const issued = await send(body)
  assert.equal(issued.status, 201, issued.text)
  assert.equal(issued.body.assurance, 'tee')
  const { device, appraisal } = await detail(issued.body.deviceId)
  assert.equal(appraisal.deviceId, device.id)
  assert.equal(appraisal.hasEvidence, true)
  assert.equal(typeof device.batch, 'string')
})

test('an App Attest key that was registered before approval is the one to assert with', async () => {
  const key = makeKey()
  const challenge = await takeChallenge(deployment)
  const about = { ...aboutTheApp, platform: 'ios' }
  const evidence = attestationOf(key, challenge, {})
  const body = { appId: 'wallet', challenge, csr: csrOf(key), evidence, ...about }
  const waiting = await send(body)
  await approve(waiting.body.approvalId)
  const issued = await send(body)
  assert.equal(issued.status, 201, issued.text)
  const renewal = { csr: csrOf(key), ...about }
  const { tls } = phoneOf(key, issued.body)
  const answer = await deployment.device(devicePaths.renewals, { body: renewal, ...tls })
  assert.equal(answer.body.code, 'renewal_evidence_required')
})
