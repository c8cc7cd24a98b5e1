import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from './fixture/deployment.ts'
import { enroll, renew } from './fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

test('a device enrols and calls with its certificate', async () => {
  const phone = await enroll(deployment)
  const me = await deployment.device(devicePaths.me, phone.tls)
  assert.equal(me.status, 200, me.text)
  assert.equal(me.body.deviceId, phone.issued.deviceId)
  const r = await renew(deployment, phone)
  assert.equal(r.status, 201, r.text)
})
