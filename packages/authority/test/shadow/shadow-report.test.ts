import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  addToSketch,
  type BreakGlassEvent,
  emptySketch,
  newId,
  type ShadowCount,
  toBase64url,
} from '@sallyport/wire'
import type { ShadowReport } from '../../src/index.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'

let deployment: Deployment
let epoch: string
before(async () => {
  deployment = await deploy()
  epoch = (await deployment.gatewayCall('/gateway/v1/snapshot')).body.epoch
})
after(() => deployment.close())

async function send(members: Parameters<typeof reportOf>[0], status = 204): Promise<void> {
  const body = reportOf({ epoch, ...members })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, status, answer.text)
}

async function shadowReport(query: string): Promise<ShadowReport> {
  const { body, status, text } = await deployment.admin(`/admin/v1/shadow/report${query}`)
  assert.equal(status, 200, text)
  return body as ShadowReport
}

function devices(...ids: number[]): string {
  const sketch = emptySketch()
  for (const id of ids) {
    addToSketch(sketch, createHash('sha256').update(`dev_${id}`).digest().readInt32LE(0))
  }
  return toBase64url(sketch)
}

const count = (members: Partial<ShadowCount>): ShadowCount => ({
  host: 'api.example.com',
  route: 'money',
  stage: 'device',
  code: 'device_assurance_too_low',
  appId: 'wallet',
  platform: 'android',
  appVersion: '2.1.0',
  requests: 1,
  devices: devices(),
  ...members,
})
const all = { stage: '', code: '' }

test('counts of gateways and batches add up, and devices are told once', async () => {
  const shadow = (batch: number, ...counts: ShadowCount[]) => ({ shadow: { batch, counts } })
  await send({
    instance: 'gwi_one',
    ...shadow(
      1,
      count({ ...all, requests: 90, devices: devices(1, 2, 3, 4) }),
      count({ requests: 30, devices: devices(1, 2) }),
    ),
  })
  await send({
    instance: 'gwi_one',
    ...shadow(
      2,
      count({ ...all, requests: 10, devices: devices(4, 5) }),
      count({ requests: 5, devices: devices(2) }),
      count({ appVersion: '2.0.0', requests: 7, devices: devices(9) }),
      count({ code: 'device_app_version_too_old', requests: 1, devices: devices(9) }),
    ),
  })
  const { reasons, isTruncated } = await shadowReport('?route=money')
  assert.equal(isTruncated, false)
  assert.deepEqual(
    reasons.map(({ code, wouldBeRefused }) => [code, wouldBeRefused]),
    [
      ['device_assurance_too_low', { requests: 42, ofRequests: 100, devices: 3, ofDevices: 5 }],
      ['device_app_version_too_old', { requests: 1, ofRequests: 100, devices: 1, ofDevices: 5 }],
    ],
  )
  assert.deepEqual(
    reasons[0]?.byAppVersion.map(({ appVersion, wouldBeRefused }) => [appVersion, wouldBeRefused]),
    [
      ['2.1.0', { requests: 35, ofRequests: 100, devices: 2, ofDevices: 5 }],
      ['2.0.0', { requests: 7, ofRequests: null, devices: 1, ofDevices: null }],
    ],
  )
})

test('a batch that is sent again, for want of an answer, counts once; one of a new start counts', async () => {
  const counts = [count({ route: 'again', requests: 3 })]
  const sum = async () => (await shadowReport('?route=again')).reasons[0]?.wouldBeRefused.requests
  await send({ instance: 'gwi_two', shadow: { batch: 1, counts } })
  await send({ instance: 'gwi_two', shadow: { batch: 1, counts } })
  assert.equal(await sum(), 3)
  await send({ instance: 'gwi_two', shadow: { batch: 2, counts } })
  assert.equal(await sum(), 6)
  await send({ instance: 'gwi_three', shadow: { batch: 1, counts } })
  assert.equal(await sum(), 9)
})

test('a report is narrowed to a stage, or an app', async () => {
  await send({
    instance: 'gwi_four',
    shadow: {
      batch: 1,
      counts: [
        count({ route: 'narrow', stage: 'token', code: 'token_required', requests: 2 }),
        count({ route: 'narrow', appId: 'bank', requests: 4 }),
      ],
    },
  })
  const codes = async (query: string) =>
    (await shadowReport(query)).reasons.map(({ stage }) => stage)
  assert.deepEqual(await codes('?route=narrow'), ['device', 'token'])
  assert.deepEqual(await codes('?route=narrow&stage=token'), ['token'])
  assert.deepEqual(await codes('?route=narrow&appId=bank'), ['device'])
})

test('what is no sketch, or no batch, is refused whole', async () => {
  const bad = [count({ route: 'bad', devices: 'AAAA' })]
  await send({ instance: 'gwi_five', shadow: { batch: 1, counts: bad } }, 400)
  await send({ instance: 'gwi_five', shadow: { batch: 0, counts: [] } }, 400)
  assert.deepEqual((await shadowReport('?route=bad')).reasons, [])
})

test('broken glass stands in the audit log, once for its beginning and once for its end', async () => {
  const id = newId('breakGlass')
  const began: BreakGlassEvent = {
    id,
    event: 'began',
    at: Date.now(),
    until: Date.now() + 1_800_000,
    route: 'all',
    stage: 'token',
    mode: 'shadow',
    reason: 'the identity provider signs with a key that it does not publish',
    by: 'ada as root',
  }
  await send({ breakGlass: [began] })
  await send({ breakGlass: [began, { ...began, event: 'ended' }] })
  const { rows } = (await deployment.admin('/admin/v1/audit?limit=1000')).body as {
    rows: { action: string; subject: string; actor: string; detail: Record<string, unknown> }[]
  }
  const told = rows.filter(({ subject }) => subject === id)
  assert.deepEqual(
    told.map(({ action }) => action),
    ['break-glass.began', 'break-glass.ended'],
  )
  assert.equal(told[0]?.actor, 'gateway:gateway-1')
  assert.equal(told[0]?.detail['by'], 'ada as root')
  assert.equal(told[0]?.detail['reason'], began.reason)
})
