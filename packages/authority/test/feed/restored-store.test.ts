import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { follow, reportOf } from '../fixture/gateway.ts'
import { putBack, rowsOf } from '../fixture/old-store.ts'
import { enroll } from '../fixture/phone.ts'
import { withStore } from '../fixture/store-place.ts'

const suspend = async (deployment: Deployment, id: string, verb = 'suspend') =>
  (await deployment.admin(`/admin/v1/devices/${id}/${verb}`, { body: {} })).body.seq as number

/** A store that was put back to how it was before the last five changes; two were made since. */
async function withRestored(
  work: (deployment: Deployment, heard: { epoch: string; seq: number }) => Promise<void>,
): Promise<void> {
  const deployment = await deploy({ heartbeatMs: 50 })
  try {
    const { issued } = await enroll(deployment)
    const { directory } = deployment
    const backup = await withStore(directory, ({ read }) => rowsOf(read))
    const { epoch } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    let seq = 0
    for (const verb of ['suspend', 'resume', 'suspend', 'resume', 'suspend']) {
      seq = await suspend(deployment, issued.deviceId, verb)
    }
    await deployment.restart({
      whileDown: () => withStore(directory, (store) => store.write((tx) => putBack(tx, backup))),
    })
    await suspend(deployment, issued.deviceId)
    await work(deployment, { epoch, seq })
  } finally {
    await deployment.close()
  }
}

test('a gateway that follows from beyond the end of a restored store begins a new feed', () =>
  withRestored(async (deployment, { epoch, seq }) => {
    const following = await follow(deployment, '?after=1')
    const first = await following.until(({ event }) => event === 'heartbeat')
    assert.equal(first.data.epoch, epoch)
    const gone = await deployment.gatewayCall(`/gateway/v1/feed?epoch=${epoch}&after=${seq}`)
    assert.equal(gone.status, 410)
    await following.ended
    const snapshot = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.notEqual(snapshot.body.epoch, epoch)
    // Also who is behind the new end now, and could have gone on from a number that means another change.
    const behind = await deployment.gatewayCall(`/gateway/v1/feed?epoch=${epoch}&after=1`)
    assert.equal(behind.status, 410)
  }))

test('a report from beyond the end of a restored store begins a new feed, once, and is audited', () =>
  withRestored(async (deployment, { epoch, seq }) => {
    const body = reportOf({ epoch, seq })
    await Promise.all(
      Array.from({ length: 5 }, () => deployment.gatewayCall('/gateway/v1/reports', { body })),
    )
    const { rows } = (await deployment.admin('/admin/v1/audit?limit=1000')).body
    const restarts = rows.filter(({ action }: { action: string }) => action === 'feed.restarted')
    assert.equal(restarts.length, 1)
    assert.equal(restarts[0].detail.reported, seq)
    // A gateway that lies about its number does not make a new feed each time.
    const { epoch: next } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    await deployment.gatewayCall('/gateway/v1/reports', {
      body: reportOf({ epoch: next, seq: 1_000 }),
    })
    const after = await deployment.gatewayCall('/gateway/v1/snapshot')
    assert.equal(after.body.epoch, next)
  }))

test('a report of another feed, or of changes that were not made, is no receipt', async () => {
  const deployment = await deploy()
  try {
    const { issued } = await enroll(deployment)
    const { epoch, seq: head } = (await deployment.gatewayCall('/gateway/v1/snapshot')).body
    const ended = { http1: 0, http2: 0, webSocket: 0 }
    const applied = [{ seq: head + 1, appliedAfterMs: 0, ended }]
    for (const body of [
      reportOf({ epoch: 'epo_other', seq: head + 9, applied }),
      reportOf({ epoch, seq: head, applied }),
    ]) {
      const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
      assert.equal(answer.status, 204, answer.text)
    }
    const seq = await suspend(deployment, issued.deviceId)
    assert.equal(seq, head + 1)
    const { body } = await deployment.admin(`/admin/v1/changes/${seq}/receipts`)
    assert.equal(body.receipts[0].state, 'silent')
  } finally {
    await deployment.close()
  }
})
