import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

const until = Date.now() + 3_600_000
const unknownDevice = `dev_${'a'.repeat(26)}`
const unknownToken = 'A'.repeat(43)

async function withDeployment(work: (deployment: Deployment) => Promise<void>): Promise<void> {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    await work(deployment)
  } finally {
    await deployment.close()
  }
}

type Told = { kind: string; key: string; status: string; until: number; issuedUntil?: number }

const report = async (deployment: Deployment, statuses: Told[], epoch?: string) => {
  const { epoch: current } = (await deployment.admin('/admin/v1/feed')).body
  const body = reportOf({
    epoch: epoch ?? current,
    unconfirmed: { total: statuses.length, statuses },
  })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, 204, answer.text)
}

const open = async (deployment: Deployment) =>
  (await deployment.admin('/admin/v1/feed/unconfirmed')).body.statuses as { key: string }[]
const decide = async (deployment: Deployment, verdict: string, body: object) =>
  (await deployment.admin(`/admin/v1/feed/unconfirmed/${verdict}`, { body })).body

test('what was ended before is ended again in the registry, or kept where that has no row', () =>
  withDeployment(async (deployment) => {
    const { issued } = await enroll(deployment)
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    const statuses = [
      { kind: 'device', key: issued.deviceId, status: 'revoked', until },
      { kind: 'device', key: unknownDevice, status: 'suspended', until },
      { kind: 'subject', key: unknownToken, status: 'ended', until, issuedUntil: 7 },
    ]
    await report(deployment, statuses)
    await report(deployment, statuses)
    assert.equal((await open(deployment)).length, 3, 'told twice, there once')
    const decided = await decide(deployment, 'confirm', { reason: 'as it was' })
    assert.deepEqual(decided, { ended: 2, kept: 1, dropped: 0 })
    assert.deepEqual(await open(deployment), [])
    const snapshot = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.deepEqual(
      snapshot.devices.map(({ key, status }: Told) => [key, status]).toSorted(),
      [
        [issued.deviceId, 'revoked'],
        [unknownDevice, 'suspended'],
      ].toSorted(),
    )
    assert.deepEqual(
      snapshot.subjects.map(({ key, issuedUntil }: Told) => [key, issuedUntil]),
      [[unknownToken, 7]],
    )
    assert.ok(snapshot.seq > body.seq)
    // A gateway that comes late with the same brings nothing back.
    await report(deployment, statuses)
    assert.deepEqual(await open(deployment), [])
  }))

test('what is let go counts again, unless the registry has ended it since', () =>
  withDeployment(async (deployment) => {
    const [one, other] = [(await enroll(deployment)).issued, (await enroll(deployment)).issued]
    await report(deployment, [
      { kind: 'device', key: one.deviceId, status: 'revoked', until },
      { kind: 'device', key: other.deviceId, status: 'revoked', until },
    ])
    await deployment.admin(`/admin/v1/devices/${other.deviceId}/revoke`, { body: {} })
    const refused = await deployment.admin('/admin/v1/feed/unconfirmed/drop', { body: {} })
    assert.equal(refused.status, 400, 'it takes a reason')
    const decided = await decide(deployment, 'drop', { reason: 'by mistake' })
    assert.deepEqual(decided, { ended: 1, kept: 0, dropped: 1 })
    const { devices } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.deepEqual(
      devices.map(({ key, status }: Told) => [key, status]).toSorted(),
      [
        [one.deviceId, 'active'],
        [other.deviceId, 'revoked'],
      ].toSorted(),
      'a gateway that was away hears that it counts again',
    )
    const { rows } = (await deployment.admin('/admin/v1/audit?limit=1000')).body
    type Row = { action: string; subject: string; detail: { reason: string } }
    const dropped = (rows as Row[]).filter(({ action }) => action === 'feed.dropped')
    assert.deepEqual(
      new Map(dropped.map(({ subject, detail }) => [subject, detail.reason])),
      new Map([one, other].map(({ deviceId }) => [deviceId, 'by mistake'])),
    )
  }))

test('a CA that was withdrawn is withdrawn again, and another is made in its place', () =>
  withDeployment(async (deployment) => {
    const { issuers } = (await deployment.admin('/admin/v1/issuers')).body
    const [issuer] = issuers as { id: string; kind: string }[]
    await report(deployment, [
      { kind: 'issuer', key: issuer?.id ?? '', status: 'withdrawn', until },
    ])
    const decided = await decide(deployment, 'confirm', {})
    assert.equal(decided.ended, 1)
    const after = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    assert.deepEqual(
      after.withdrawn.map(({ key }: Told) => key),
      [issuer?.id],
    )
    assert.equal(after.issuers.length, issuers.length, 'as many as before')
  }))

test('a report of another epoch, of kinds that are none, or that says too much, keeps nothing', () =>
  withDeployment(async (deployment) => {
    const told = { kind: 'device', key: unknownDevice, status: 'revoked', until }
    await report(deployment, [told], 'epo_other')
    await report(deployment, [{ ...told, kind: 'moonPhase' }])
    assert.deepEqual(await open(deployment), [])
    const { epoch } = (await deployment.admin('/admin/v1/feed')).body
    const statuses = Array.from({ length: 501 }, () => told)
    const body = reportOf({ epoch, unconfirmed: { total: 501, statuses } })
    assert.equal((await deployment.gatewayCall('/gateway/v1/reports', { body })).status, 400)
  }))

test('the keys of the feed are replaced at once, and the set is signed by the one that goes', () =>
  withDeployment(async (deployment) => {
    const before = (await deployment.admin('/admin/v1/feed/keys')).body.keys
    const replaced = await deployment.admin('/admin/v1/feed/keys/replace', { body: {} })
    assert.equal(replaced.status, 200, replaced.text)
    const after = (await deployment.admin('/admin/v1/feed/keys')).body.keys
    assert.equal(after.length, 1)
    assert.notEqual(after[0].kid, before[0].kid)
    const { sets } = (await deployment.gatewayCall('/gateway/v1/feed-keys')).body
    assert.equal(sets.length, 2)
    const signers = sets.map((jws: string) => {
      const header = Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()
      return JSON.parse(header).kid
    })
    assert.deepEqual(signers, [before[0].kid, before[0].kid])
    await deployment.restart()
    const restarted = (await deployment.admin('/admin/v1/feed')).body
    assert.deepEqual(restarted.keys, [after[0].kid])
  }))
