import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developmentApp, developmentAppWith } from '../fixture/apps.ts'
import { deploy } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

const listed = developmentAppWith('status: issued')

test('of an app with status: issued gateways hear of each certificate, and a snapshot lists those of before', async () => {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    const early = await enroll(deployment)
    const before = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.deepEqual(before.certificates, [])
    assert.ok(before.issuers.every(({ status }: { status?: string }) => status === undefined))

    await deployment.restart({ apps: listed })
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.ok(body.issuers.every(({ status }: { status?: string }) => status === 'issued'))
    assert.deepEqual(
      body.certificates.map(({ status }: { status: string }) => status),
      ['issued'],
    )
    const following = await follow(deployment, `?after=${before.seq}`)
    const announced = await following.until(({ event }) => event === 'change')
    assert.deepEqual(
      [announced.data.kind, announced.data.issuer.status],
      ['issuer', 'issued'],
      'gateways hear that there is a list',
    )
    const late = await enroll(deployment)
    const change = await following.until(({ data }) => data.status === 'issued')
    assert.equal(change.data.kind, 'certificate')
    following.close()
    const after = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.equal(after.certificates.length, 2)

    await deployment.admin(`/admin/v1/devices/${early.issued.deviceId}/revoke`, { body: {} })
    assert.notEqual(early.issued.deviceId, late.issued.deviceId)
    await deployment.restart({ apps: developmentApp })
    const off = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.deepEqual(off.certificates, [])
    assert.ok(off.issuers.every(({ status }: { status?: string }) => status === undefined))
  } finally {
    await deployment.close()
  }
})
