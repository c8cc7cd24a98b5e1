import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { supportCode } from '@sallyport/problem'
import { type DecisionRecord, newId } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

let deployment: Deployment
let epoch: string
before(async () => {
  deployment = await deploy()
  epoch = (await deployment.gatewayCall('/gateway/v1/snapshot')).body.epoch
})
after(() => deployment.close())

const report = async (members: Parameters<typeof reportOf>[0]) => {
  const body = reportOf({ epoch, ...members })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, 204, answer.text)
}

const decisionOf = (requestId: string): DecisionRecord => ({
  requestId,
  at: Date.now(),
  address: '192.0.2.7',
  host: 'api.example.com',
  method: 'GET',
  path: '/v1/orders',
  status: 403,
  code: 'device_suspended',
  stages: [
    {
      stage: 'device',
      mode: 'enforce',
      verdict: 'refuse',
      code: 'device_suspended',
      expected: 'device active',
      found: 'device suspended',
    },
  ],
})

test('receipts tell of each gateway what it did, or that it is silent', async () => {
  const { issued } = await enroll(deployment)
  const changed = await deployment.admin(`/admin/v1/devices/${issued.deviceId}/revoke`, {
    body: {},
  })
  const { seq } = changed.body
  const path = `/admin/v1/changes/${seq}/receipts`
  const before = await deployment.admin(path)
  assert.deepEqual(before.body.receipts, [
    { gateway: 'gateway-1', state: 'silent', lastSeenAt: null },
  ])
  const ended = { http1: 2, http2: 1, webSocket: 0 }
  await report({ seq, applied: [{ seq, appliedAfterMs: 7, ended }] })
  const [receipt] = (await deployment.admin(path)).body.receipts
  assert.equal(receipt.state, 'applied')
  assert.equal(receipt.appliedAfterMs, 7)
  assert.deepEqual(receipt.ended, ended)
  assert.ok(receipt.lastSeenAt)
})

test('a gateway that started after a change has it from its snapshot', async () => {
  const { issued } = await enroll(deployment)
  const changed = await deployment.admin(`/admin/v1/devices/${issued.deviceId}/revoke`, {
    body: {},
  })
  const { seq } = changed.body
  await report({ seq })
  const [receipt] = (await deployment.admin(`/admin/v1/changes/${seq}/receipts`)).body.receipts
  assert.equal(receipt.state, 'snapshot')
  const gateways = await deployment.admin('/admin/v1/gateways')
  assert.equal(gateways.body.gateways[0].behind, 0)
  assert.equal(gateways.body.gateways[0].version, '0.0.0')
})

test('a decision is found by its request id and by its support code, however it is written', async () => {
  const requestId = newId('request')
  await report({ decisions: [decisionOf(requestId)] })
  const code = supportCode(requestId)
  for (const asked of [requestId, code, code.toLowerCase(), code.replace('-', '')]) {
    const answer = await deployment.admin(`/admin/v1/decisions/${asked}`)
    assert.equal(answer.body.decisions.length, 1, asked)
    assert.equal(answer.body.decisions[0].source, 'gateway-1')
    assert.deepEqual(answer.body.decisions[0].decision.requestId, requestId)
    assert.equal(answer.body.decisions[0].decision.stages[0].found, 'device suspended')
  }
})

test('a report that is sent twice is kept once', async () => {
  const requestId = newId('request')
  await report({ decisions: [decisionOf(requestId)] })
  await report({ decisions: [decisionOf(requestId)] })
  const answer = await deployment.admin(`/admin/v1/decisions/${requestId}`)
  assert.equal(answer.body.decisions.length, 1)
})

test('failed handshakes are found by address and time', async () => {
  const at = Date.now() - 60_000
  await report({
    handshakes: [
      { at, address: '192.0.2.9', code: 'handshake_failed', found: 'alert 116' },
      { at: at - 7_200_000, address: '192.0.2.9', code: 'handshake_timeout' },
      { at, address: '192.0.2.10', code: 'handshake_failed' },
    ],
  })
  const since = new Date(at - 1_000).toISOString()
  const answer = await deployment.admin(`/admin/v1/handshakes?address=192.0.2.9&since=${since}`)
  assert.equal(answer.body.handshakes.length, 1)
  assert.equal(answer.body.handshakes[0].handshake.found, 'alert 116')
})

test('a report of the largest size is taken, and one beyond it is not', async () => {
  const text = 'x'.repeat(500)
  const stage = {
    stage: 'device',
    mode: 'enforce',
    verdict: 'refuse',
    expected: text,
    found: text,
  } as const
  const decisions = Array.from({ length: 1_000 }, () => ({
    ...decisionOf(newId('request')),
    stages: Array.from({ length: 4 }, () => stage),
  }))
  await report({ decisions })
  const more = [...decisions, decisionOf(newId('request'))]
  const body = reportOf({ decisions: more })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, 400)
})

test('records that claim to be of the future are kept as of now', async () => {
  const requestId = newId('request')
  const at = Date.now() + 400 * 24 * 3_600_000
  const address = '192.0.2.77'
  await report({
    decisions: [{ ...decisionOf(requestId), at }],
    handshakes: [{ at, address, code: 'handshake_failed' }],
  })
  const since = new Date(Date.now() + 60_000).toISOString()
  const later = await deployment.admin(`/admin/v1/handshakes?address=${address}&since=${since}`)
  assert.equal(later.body.handshakes.length, 0)
  const all = await deployment.admin(`/admin/v1/handshakes?address=${address}`)
  assert.equal(all.body.handshakes.length, 1)
})
