import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecisionRecord, devicePaths, type Report } from '@sallyport/wire'
import { thumbprint } from '@sallyport/pki'
import { developmentAppWith } from '../fixture/apps.ts'
import { deploy } from '../fixture/deployment.ts'
import { enroll, makeKey, phoneOf, renew } from '../fixture/phone.ts'
import { reportOf } from '../fixture/gateway.ts'

const policies = [
  { onFork: 'notify', status: 'active' },
  { onFork: 'suspend', status: 'suspended' },
  { onFork: 'revoke', status: 'revoked' },
]

for (const { onFork, status } of policies) {
  test(`a fork under policy ${onFork} is refused and leaves the device ${status}`, async () => {
    const deployment = await deploy({ apps: developmentAppWith(`onFork: ${onFork}`) })
    try {
      const phone = await enroll(deployment)
      const successor = phoneOf(phone.key, (await renew(deployment, phone)).body)
      assert.equal((await deployment.device(devicePaths.me, successor.tls)).status, 200)
      const fork = await renew(deployment, phone, makeKey())
      assert.equal(fork.status, 409, fork.text)
      assert.equal(fork.body.code, 'renewal_forked')
      const shown = await deployment.admin(`/admin/v1/devices/${phone.issued.deviceId}`)
      assert.equal(shown.body.device.status, status)
      const audit = await deployment.admin('/admin/v1/audit?limit=1000')
      const row = audit.body.rows.find(
        ({ action }: { action: string }) => action === 'device.forked',
      )
      assert.equal(row.subject, phone.issued.deviceId)
      assert.equal(row.detail.policy, onFork)
    } finally {
      await deployment.close()
    }
  })
}

const thumbprintDecision = (thumbprint: string): DecisionRecord => ({
  requestId: 'req_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  at: Date.now(),
  address: '192.0.2.1',
  host: 'api.example.com',
  method: 'GET',
  path: '/v1/orders',
  status: 404,
  code: 'route_not_found',
  thumbprint,
  stages: [],
})

const reports: { name: string; of: (thumbprint: string) => Partial<Report>; isUse: boolean }[] = [
  { name: 'as used', of: (used) => ({ used: [used] }), isUse: true },
  {
    name: 'in a decision',
    of: (used) => ({ decisions: [thumbprintDecision(used)] }),
    isUse: true,
  },
  {
    name: 'in a handshake that failed',
    of: (thumbprint) => ({
      handshakes: [{ at: Date.now(), address: '192.0.2.1', code: 'handshake_failed', thumbprint }],
    }),
    isUse: false,
  },
]

for (const { name, of, isUse } of reports) {
  test(`a successor that a gateway reports ${name} ${isUse ? 'is' : 'is not yet'} in use`, async () => {
    const deployment = await deploy()
    try {
      const phone = await enroll(deployment)
      const answer = await renew(deployment, phone)
      const der = Buffer.from(answer.body.certificates[0], 'base64url')
      const body = reportOf(of(thumbprint(der)))
      const sent = await deployment.gatewayCall('/gateway/v1/reports', { body })
      assert.equal(sent.status, 204, sent.text)
      const other = await renew(deployment, phone, makeKey())
      assert.equal(other.status, isUse ? 409 : 201, other.text)
    } finally {
      await deployment.close()
    }
  })
}
