import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thumbprint } from '@sallyport/pki'
import { devicePaths } from '@sallyport/wire'
import { deploy } from '../fixture/deployment.ts'
import { enroll, renew } from '../fixture/phone.ts'
import { editStore } from '../fixture/store-place.ts'

test('a certificate of our own CA that the store does not know tells operators so, and phones to enrol', async () => {
  const deployment = await deploy()
  try {
    const phone = await enroll(deployment)
    await editStore(deployment.directory, 'DELETE FROM certificates', 'DELETE FROM devices')
    const answers = [
      await deployment.device(devicePaths.me, phone.tls),
      await renew(deployment, phone),
    ]
    for (const { status, body } of answers) {
      assert.equal(status, 401)
      assert.equal(body.code, 'device_certificate_untrusted')
      assert.equal(body.action, 're-enroll')
      const found = await deployment.admin(`/admin/v1/decisions/${body.requestId}`)
      assert.equal(found.body.decisions[0].decision.code, 'device_certificate_unknown')
    }
  } finally {
    await deployment.close()
  }
})

test('revoking a certificate again changes nothing', async () => {
  const deployment = await deploy()
  try {
    const { issued } = await enroll(deployment)
    const der = Buffer.from(issued.certificates[0] ?? '', 'base64url')
    const at = `/admin/v1/certificates/${thumbprint(der)}/revoke`
    const first = await deployment.admin(at, { body: {} })
    const again = await deployment.admin(at, { body: {} })
    assert.equal(again.status, 200, again.text)
    assert.equal(again.body.seq, first.body.seq)
    assert.equal((await deployment.gatewayCall('/gateway/v1/snapshot')).body.seq, first.body.seq)
  } finally {
    await deployment.close()
  }
})
