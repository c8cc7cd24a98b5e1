import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { makeDevelopmentRoot, orderAttested } from '@sallyport/virtual-device'
import { deployAcme } from './acme-deployment.ts'

test('in mode shadow what proves nothing is of the CA for such devices, and takes nobody’s place', async () => {
  const deployment = await deployAcme({ enrollment: 'mode: shadow' })
  try {
    const account = await deployment.open()
    const order = async (root = makeDevelopmentRoot()) => {
      const { chain } = await orderAttested(account, {
        identifier: { type: 'permanent-identifier', value: 'SHADOW001' },
        phone: { root, platform: 'android', phone: { serialNumber: 'SHADOW001' } },
      })
      const [leaf, issuer] = certificatesFromPem(chain)
      assert.ok(leaf !== undefined && issuer !== undefined)
      const found = await deployment.admin(`/admin/v1/certificates/${leaf.thumbprint}`)
      const { body } = await deployment.admin(`/admin/v1/devices/${found.body.deviceId}`)
      return { leaf, issuer, device: body.device }
    }
    const [first, second] = [await order(), await order()]
    assert.equal(first.device.assurance, 'unattested')
    assert.match(first.issuer.subject.toString('latin1'), /Unattested CA/)
    const again = await deployment.admin(`/admin/v1/devices/${first.device.id}`)
    assert.equal(again.body.device.status, 'active')
    assert.notEqual(second.device.id, first.device.id)
  } finally {
    await deployment.close()
  }
})
