import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecisionRecord, devicePaths, type Report } from '@sallyport/wire'
import { thumbprint } from '@sallyport/pki'
import { developmentAppWith } from '../fixture/apps.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  enroll,
  evidenceOf,
  makeKey,
  type Phone,
  phoneOf,
  renew,
  renewalByProof,
} from '../fixture/phone.ts'
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

const thumbprintOf = (phone: Phone) =>
  thumbprint(Buffer.from(phone.issued.certificates[0] ?? '', 'base64url'))

async function forksOf(deployment: Deployment) {
  const { body } = await deployment.admin('/admin/v1/audit?limit=1000')
  return body.rows.filter(({ action }: { action: string }) => action === 'device.forked')
}

/** The original renewed, and called through gateways only; the clone then renewed what it had copied. */
async function clonedBetweenReports(deployment: Deployment) {
  const copied = await enroll(deployment)
  const [originalKey, cloneKey] = [makeKey(), makeKey()]
  const original = phoneOf(originalKey, (await renew(deployment, copied, originalKey)).body)
  const answer = await renew(deployment, copied, cloneKey)
  assert.equal(answer.status, 201, answer.text)
  return { copied, original, clone: phoneOf(cloneKey, answer.body) }
}

for (const { onFork, status } of policies) {
  test(`a certificate that was replaced unused and renews after all is a fork: policy ${onFork}`, async () => {
    const deployment = await deploy({ apps: developmentAppWith(`onFork: ${onFork}`) })
    try {
      const { original, clone } = await clonedBetweenReports(deployment)
      for (const key of [makeKey(), original.key]) {
        const answer = await renew(deployment, original, key)
        assert.equal(answer.body.code, onFork === 'notify' ? 'renewal_forked' : answer.body.code)
        assert.notEqual(answer.status, 201, answer.text)
      }
      const [row, ...more] = await forksOf(deployment)
      assert.deepEqual(more, [], 'recorded once')
      assert.equal(row.detail.shown, thumbprintOf(original))
      assert.equal(row.detail.rival, thumbprintOf(clone))
      const shown = await deployment.admin(`/admin/v1/devices/${original.issued.deviceId}`)
      assert.equal(shown.body.device.status, status)
    } finally {
      await deployment.close()
    }
  })
}

test('a gateway that saw a replaced certificate tells of a fork, and changes no status by it', async () => {
  const deployment = await deploy({ apps: developmentAppWith('onFork: revoke') })
  try {
    const { original } = await clonedBetweenReports(deployment)
    const body = reportOf({ used: [thumbprintOf(original)] })
    for (let time = 0; time < 2; time++) {
      assert.equal((await deployment.gatewayCall('/gateway/v1/reports', { body })).status, 204)
    }
    const forks = await forksOf(deployment)
    assert.deepEqual(
      forks.map(({ actor }: { actor: string }) => actor),
      ['gateway:gateway-1'],
    )
    const shown = await deployment.admin(`/admin/v1/devices/${original.issued.deviceId}`)
    assert.equal(shown.body.device.status, 'active')
  } finally {
    await deployment.close()
  }
})

test('a replaced certificate that asks for itself is refused, and tells of a fork', async () => {
  const deployment = await deploy()
  try {
    const { original } = await clonedBetweenReports(deployment)
    const me = await deployment.device(devicePaths.me, original.tls)
    assert.equal(me.body.code, 'device_certificate_superseded')
    assert.equal((await forksOf(deployment)).length, 1)
  } finally {
    await deployment.close()
  }
})

test('a clone that asks a hundred times is one row of the audit log', async () => {
  const deployment = await deploy()
  try {
    const { copied, clone } = await clonedBetweenReports(deployment)
    await deployment.device(devicePaths.me, clone.tls)
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => renew(deployment, copied, makeKey())),
    )
    assert.ok(answers.every(({ body }) => body.code === 'renewal_forked'))
    assert.equal((await forksOf(deployment)).length, 1)
  } finally {
    await deployment.close()
  }
})

test('a renewal by signature of long ago that someone sends again is no fork', async () => {
  const clock = movableClock()
  const deployment = await deploy({
    now: clock.now,
    apps: developmentAppWith('onFork: revoke'),
  })
  try {
    const phone = await enroll(deployment)
    const key = makeKey()
    const base = await renewalByProof(deployment, phone, key)
    const lost = { ...base, evidence: evidenceOf(key, base.challenge) }
    const successor = phoneOf(phone.key, (await renew(deployment, phone)).body)
    assert.equal((await deployment.device(devicePaths.me, successor.tls)).status, 200)
    clock.moveMinutes(6)
    const answer = await deployment.device(devicePaths.renewals, { body: lost })
    assert.equal(answer.body.code, 'challenge_expired')
    assert.deepEqual(await forksOf(deployment), [])
    assert.equal((await deployment.device(devicePaths.me, successor.tls)).status, 200)
  } finally {
    await deployment.close()
  }
})

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
