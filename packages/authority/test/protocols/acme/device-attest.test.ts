import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { type ManagedPhone, newAcmeKey, orderAttested } from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

const iphone = (serialNumber: string): ManagedPhone => ({
  root: phoneRoot,
  platform: 'ios',
  phone: { serialNumber },
})
const android = (serialNumber: string): ManagedPhone => ({
  root: phoneRoot,
  platform: 'android',
  phone: { serialNumber },
})
const permanent = (value: string) => ({ type: 'permanent-identifier', value })

describe('device-attest-01', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme()
  })
  after(() => deployment.close())

  const deviceOf = async (chain: string) => {
    const [leaf] = certificatesFromPem(chain)
    const answer = await deployment.admin(`/admin/v1/certificates/${leaf?.thumbprint}`)
    assert.equal(answer.status, 200, answer.text)
    const { body } = await deployment.admin(`/admin/v1/devices/${answer.body.deviceId}`)
    return body.device
  }

  it('certifies the key that a managed iPhone attests, and knows its serial number', async () => {
    const account = await deployment.open()
    const { chain } = await orderAttested(account, {
      identifier: permanent('V1RTUALPH0NE'),
      phone: iphone('V1RTUALPH0NE'),
    })
    const device = await deviceOf(chain)
    assert.equal(device.assurance, 'secure-enclave')
    assert.equal(device.platform, 'ios')
  })

  it('certifies the key that an Android phone of a company attests', async () => {
    const account = await deployment.open()
    const { chain } = await orderAttested(account, {
      identifier: { type: 'hardware-module', value: 'r5ct1234' },
      phone: android('R5CT1234'),
      key: newAcmeKey(),
    })
    const device = await deviceOf(chain)
    assert.equal(device.assurance, 'tee')
  })
})
