import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { movableClock } from '../fixture/clock.ts'
import { enroll } from '../fixture/phone.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now })
})
after(() => deployment.close())

const ask = (body: object) => deployment.device(devicePaths.diagnose, { body })

test('a certificate that counts has nothing to diagnose', async () => {
  const { issued } = await enroll(deployment)
  const { body } = await ask({ certificate: issued.certificates[0] })
  assert.equal(body.ok, true)
  assert.equal(body.code, undefined)
})

test('an expired certificate is told to renew, and how far the clock of the phone is off', async () => {
  const { issued } = await enroll(deployment)
  const deviceTime = new Date(clock.now()).toISOString()
  clock.move(3)
  const { body } = await ask({ certificate: issued.certificates[0], deviceTime })
  assert.equal(body.ok, false)
  assert.equal(body.code, 'device_certificate_expired')
  assert.equal(body.action, 'renew')
  assert.ok(Math.abs(body.clockOffsetMs - 3 * 24 * 3_600_000) < 5_000)
})

test('of a certificate that is not ours only the public face is told', async () => {
  const { issued } = await enroll(deployment)
  const bent = Buffer.from(issued.certificates[0] ?? '', 'base64url')
  const last = bent.length - 1
  bent[last] = Number(bent[last]) ^ 1
  const forged = await ask({ certificate: bent.toString('base64url') })
  const garbage = await ask({ certificate: 'AAAA' })
  assert.equal(forged.body.code, 'device_certificate_untrusted')
  assert.equal(garbage.body.code, 'device_certificate_untrusted')
})

test('without any certificate the phone is told to enrol', async () => {
  const { body } = await ask({})
  assert.equal(body.code, 'device_certificate_required')
  assert.equal(body.action, 're-enroll')
})
