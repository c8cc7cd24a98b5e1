import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll, renew } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

const change = (id: string, verb: string, body: object = {}) =>
  deployment.admin(`/admin/v1/devices/${id}/${verb}`, { body })

test('a status change is in the device, the feed and the audit log, under one number', async () => {
  const { issued } = await enroll(deployment)
  const answer = await change(issued.deviceId, 'suspend', { reason: 'lost at the airport' })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.device.status, 'suspended')
  assert.equal(answer.body.device.statusReason, 'lost at the airport')
  const receipts = await deployment.admin(`/admin/v1/changes/${answer.body.seq}/receipts`)
  assert.equal(receipts.body.seq, answer.body.seq)
  const audit = await deployment.admin('/admin/v1/audit?limit=1000')
  const row = audit.body.rows.at(-1)
  assert.equal(row.action, 'device.suspended')
  assert.equal(row.detail.seq, answer.body.seq)
  assert.match(row.actor, /^admin:adm_/)
})

test('a command that is repeated changes nothing and tells the same number', async () => {
  const { issued } = await enroll(deployment)
  const first = await change(issued.deviceId, 'revoke')
  const second = await change(issued.deviceId, 'revoke')
  assert.equal(second.status, 200)
  assert.equal(second.body.seq, first.body.seq)
})

test('revoked is final', async () => {
  const { issued } = await enroll(deployment)
  await change(issued.deviceId, 'revoke')
  const answer = await change(issued.deviceId, 'resume')
  assert.equal(answer.status, 409)
  assert.equal(answer.body.code, 'status_final')
  assert.equal(answer.body.found, 'a change to active')
})

test('a device that is not active is refused on its next call, on a connection that was open', async () => {
  const phone = await enroll(deployment)
  const { Agent } = await import('node:https')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: deployment.caPem, ...phone.tls })
  const call = () => deployment.device(devicePaths.me, { ...phone.tls, agent })
  assert.equal((await call()).status, 200)
  await change(phone.issued.deviceId, 'suspend')
  const refused = await call()
  assert.equal(refused.status, 403)
  assert.equal(refused.body.code, 'device_suspended')
  await change(phone.issued.deviceId, 'resume')
  assert.equal((await call()).status, 200)
  agent.destroy()
})

test('a revoked certificate ends, and its device goes on with another', async () => {
  const phone = await enroll(deployment)
  const shown = await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}`)
  const [{ thumbprint, serial }] = shown.body.certificates
  const revoked = await deployment.admin(`/admin/v1/certificates/${serial}/revoke`, { body: {} })
  assert.equal(revoked.status, 200, revoked.text)
  assert.equal(revoked.body.certificate.thumbprint, thumbprint)
  const me = await deployment.device(devicePaths.me, phone.tls)
  assert.equal(me.status, 403)
  assert.equal(me.body.code, 'device_certificate_revoked')
  assert.equal((await renew(deployment, phone)).body.code, 'device_certificate_revoked')
})

test('devices are listed in pages and by status', async () => {
  const first = await deployment.admin('/admin/v1/devices?limit=2')
  const second = await deployment.admin(`/admin/v1/devices?limit=2&cursor=${first.body.nextCursor}`)
  const revoked = await deployment.admin('/admin/v1/devices?status=revoked&appId=wallet')
  assert.equal(first.body.devices.length, 2)
  assert.equal(second.body.devices.length, 2)
  assert.ok(first.body.devices[1].id < second.body.devices[0].id)
  assert.ok(revoked.body.devices.length >= 2)
  assert.ok(revoked.body.devices.every(({ status }: { status: string }) => status === 'revoked'))
})

test('there is no device of an id that was made up', async () => {
  const answer = await change('dev_x', 'suspend')
  assert.equal(answer.status, 404)
  assert.equal(answer.body.code, 'not_found')
})
