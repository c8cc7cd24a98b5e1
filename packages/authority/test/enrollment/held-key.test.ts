import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { thumbprint } from '@sallyport/pki'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  enroll,
  enrollmentOf,
  makeKey,
  type Phone,
  phoneOf,
  renew,
  takeChallenge,
} from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

const change = (phone: Phone, verb: string) =>
  deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}/${verb}`, { body: {} })

for (const verb of ['suspend', 'revoke'] as const) {
  test(`the key of a device after ${verb} does not come back by renewing another device`, async () => {
    const [ended, other] = [await enroll(deployment), await enroll(deployment)]
    await change(ended, verb)
    const answer = await renew(deployment, other, ended.key)
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.code, 'csr_key_not_allowed')
    assert.ok(!answer.text.includes(ended.issued.deviceId), 'whose key it is, is not told')
  })
}

test('the key of another active device is not taken by renewing', async () => {
  const [one, other] = [await enroll(deployment), await enroll(deployment)]
  assert.equal((await renew(deployment, other, one.key)).body.code, 'csr_key_not_allowed')
  assert.equal((await deployment.device(devicePaths.me, one.tls)).status, 200)
})

test('the key of a revoked certificate is not certified again, a new key is', async () => {
  const phone = await enroll(deployment)
  const der = Buffer.from(phone.issued.certificates[0] ?? '', 'base64url')
  await deployment.admin(`/admin/v1/certificates/${thumbprint(der)}/revoke`, { body: {} })
  const body = enrollmentOf(phone.key, await takeChallenge(deployment))
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.equal(answer.body.code, 'device_certificate_revoked')
  assert.equal(answer.body.action, 're-enroll')
  assert.equal((await enroll(deployment)).issued.assurance, 'software')
})

test('a successor that was revoked cannot be got round by its predecessor', async () => {
  const phone = await enroll(deployment)
  const key = makeKey()
  const successor = phoneOf(key, (await renew(deployment, phone, key)).body)
  const der = Buffer.from(successor.issued.certificates[0] ?? '', 'base64url')
  await deployment.admin(`/admin/v1/certificates/${thumbprint(der)}/revoke`, { body: {} })
  for (const next of [phone.key, key, makeKey()]) {
    const answer = await renew(deployment, phone, next)
    assert.equal(answer.body.code, 'device_certificate_revoked', answer.text)
  }
})
