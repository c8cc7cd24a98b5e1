import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { claimDue } from '../../src/receipts/due-receipts.ts'
import { readLane, reopenLanes } from '../../src/receipts/lane.ts'
import { newIosKey, receiptFor, refuse } from '../fixture/apple-receipts.ts'
import { openStore } from '../../src/store/store.ts'
import { type Fleet, makeFleet } from '../fixture/receipt-store.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe('refreshing the receipts of a fleet', () => {
  let fleet: Fleet
  beforeEach(async () => {
    fleet = await makeFleet(12)
    fleet.apple.answers(fleet.newer(3))
  })
  afterEach(() => fleet.close())

  /** Of the device, the only one that is due. */
  const onlyFirst = () =>
    fleet.store.write((tx) =>
      tx
        .updateTable('app_attest_keys')
        .set({ receipt_due_at: null })
        .where('device_id', '!=', fleet.keys[0]?.deviceId ?? '')
        .execute(),
    )
  const asked = () => fleet.apple.asked.length
  const reopen = () => fleet.store.write((tx) => reopenLanes(tx, fleet.clock.now()))
  const laneRow = () => readLane(fleet.store.read, fleet.lane().lane)

  it('keeps the newer receipt with what it says, and asks for the next when Apple allows', async () => {
    await onlyFirst()
    const before = await fleet.row()
    await fleet.lane().run()
    const row = await fleet.row()
    const now = fleet.clock.now()
    assert.deepEqual(fleet.apple.asked[0]?.receipt, Buffer.from(before.receipt ?? []))
    assert.equal(fleet.apple.asked[0].path, '/production')
    assert.notDeepEqual(row.receipt, before.receipt)
    assert.equal(row.risk_metric, 3)
    assert.equal(row.receipt_fault, null)
    const { receipt_not_before: notBefore, receipt_due_at: dueAt } = row
    assert.ok(Math.abs((notBefore ?? 0) - now - dayMs) < 60_000)
    assert.ok(Math.abs((row.receipt_expires_at ?? 0) - now - 90 * dayMs) < 60_000)
    assert.ok((dueAt ?? 0) >= (notBefore ?? 0) && (dueAt ?? 0) <= (notBefore ?? 0) + hourMs)
    fleet.clock.move(0.5)
    await fleet.lane().run()
    assert.equal(asked(), 1)
    fleet.clock.move(0.6)
    await fleet.lane().run()
    assert.equal(asked(), 2)
  })

  it('asks for the oldest first, a few in a round, and no round before it is time', async () => {
    const lane = fleet.lane()
    await lane.run()
    const firstTen = fleet.keys.slice(0, 10)
    assert.deepEqual(
      fleet.apple.asked.map(({ receipt }) =>
        firstTen.findIndex(({ certificate }) => receipt.includes(certificate)),
      ),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    await lane.run()
    assert.equal(asked(), 10)
    fleet.clock.moveMinutes(0.2)
    await lane.run()
    assert.equal(asked(), 12)
  })

  it('asks one a round where the pace is slow', async () => {
    const lane = fleet.lane({ requestsPerMinute: 2 })
    await lane.run()
    fleet.clock.moveMinutes(0.4)
    await lane.run()
    assert.equal(asked(), 1)
    fleet.clock.moveMinutes(0.2)
    await lane.run()
    assert.equal(asked(), 2)
  })

  it('asks the host of the environment that the key is of', async () => {
    await onlyFirst()
    await fleet.change({ environment: 'development' })
    await fleet.lane().run()
    assert.equal(asked(), 0)
    await fleet.lane({ environment: 'development' }).run()
    assert.equal(fleet.apple.asked[0]?.path, '/development')
  })

  it('leaves the receipt where there is no newer one yet, and asks the next day', async () => {
    await onlyFirst()
    fleet.apple.answers(refuse(304))
    const before = await fleet.row()
    await fleet.lane().run()
    const row = await fleet.row()
    assert.deepEqual(row.receipt, before.receipt)
    assert.ok((row.receipt_due_at ?? 0) >= fleet.clock.now() + dayMs - 60_000)
    assert.equal((await laneRow())?.failures, 0)
  })

  describe('where Apple wants fewer requests', () => {
    beforeEach(() => fleet.apple.answers(refuse(429, { 'retry-after': '3600' })))

    it('asks nothing more for as long as Apple says, and leaves the rest as due as it was', async () => {
      const before = await fleet.row(1)
      await fleet.lane().run()
      assert.equal(asked(), 1)
      assert.equal((await fleet.row(1)).receipt_due_at, before.receipt_due_at)
      fleet.clock.moveMinutes(59)
      await fleet.lane().run()
      assert.equal(asked(), 1)
      fleet.apple.answers(fleet.newer())
      fleet.clock.moveMinutes(15)
      await fleet.lane().run()
      assert.equal(asked(), 11)
    })

    it('waits also as long as a date says', async () => {
      const date = new Date(fleet.clock.now() + 2 * hourMs).toUTCString()
      fleet.apple.answers(refuse(503, { 'retry-after': date }))
      await fleet.lane().run()
      const next = (await laneRow())?.next_at ?? 0
      assert.ok(next >= fleet.clock.now() + 2 * hourMs - 5_000, String(next - fleet.clock.now()))
    })

    it('has an operator wait, too', async () => {
      await fleet.lane().run()
      await reopen()
      await fleet.lane().run()
      assert.equal(asked(), 1)
    })

    it('has another authority over the store wait, too', async () => {
      await fleet.lane().run()
      await fleet.lane().run()
      assert.equal(asked(), 1)
    })

    it('is not put off for ever by a time that a wrong clock wrote', async () => {
      await fleet.lane().run()
      await fleet.store.write((tx) =>
        tx
          .updateTable('receipt_lanes')
          .set({ next_at: Date.now() * 2 })
          .execute(),
      )
      await fleet.lane().run()
      assert.equal(asked(), 2)
    })
  })

  it('waits longer after each failure of Apple, and goes on when it is back', async () => {
    fleet.apple.answers(refuse(500))
    const waits: number[] = []
    for (let round = 0; round < 4; round++) {
      await fleet.lane().run()
      const { next_at = 0, failures } = (await laneRow()) ?? {}
      assert.equal(failures, round + 1)
      waits.push(next_at - fleet.clock.now())
      fleet.clock.moveMinutes(10)
    }
    assert.equal(asked(), 4)
    assert.ok(waits.every((wait, index) => wait >= 29_000 * 2 ** index))
    fleet.apple.answers(fleet.newer())
    await fleet.lane().run()
    const row = await laneRow()
    assert.deepEqual([row?.failures, row?.fault, row?.failing_since], [0, null, null])
    assert.equal(asked(), 14 - 2)
  })

  it('asks again when an operator says so, amid an outage', async () => {
    fleet.apple.answers(refuse(500))
    await fleet.lane().run()
    await reopen()
    await fleet.lane().run()
    assert.equal(asked(), 2)
    assert.equal((await laneRow())?.failures, 2)
  })

  it('keeps the pace whatever an operator says', async () => {
    await fleet.lane().run()
    await reopen()
    await fleet.lane().run()
    assert.equal(asked(), 10)
  })

  it('comes to the others where Apple fails at one receipt alone', async () => {
    const [first] = fleet.keys
    const newer = fleet.newer()
    fleet.apple.answers((each, response) =>
      first !== undefined && each.receipt.includes(first.certificate)
        ? refuse(500)(each, response)
        : newer(each, response),
    )
    await fleet.lane().run()
    fleet.clock.moveMinutes(1)
    await fleet.lane().run()
    assert.equal(asked(), 11)
    assert.equal((await fleet.row(10)).risk_metric, 1)
    assert.equal((await fleet.row(0)).receipt_fault, 'app_attest_refresh_failed')
  })

  const forgeries = {
    'a receipt of another app': () => {
      const [{ certificate, keyId, spki } = newIosKey()] = fleet.keys
      const foreign = { certificate, keyId, spki, appId: 'ZZZZZ99999.com.other' }
      return receiptFor(foreign, { at: fleet.clock.now() }).toString('base64')
    },
    'a receipt of another key': () =>
      receiptFor(newIosKey(), { at: fleet.clock.now() }).toString('base64'),
    'the receipt that it was sent': () =>
      fleet.apple.asked.at(-1)?.receipt.toString('base64') ?? '',
    'a page of HTML': () => '<html>Sign in</html>',
    'base64 of nothing known': () => Buffer.alloc(500, 7).toString('base64'),
    'an empty answer': () => '',
    'more than any receipt': () => 'A'.repeat(1_000_000),
  }
  for (const [what, answer] of Object.entries(forgeries)) {
    it(`keeps nothing of ${what}`, async () => {
      fleet.apple.answers((_, response) => void response.writeHead(200).end(answer()))
      const before = await fleet.row()
      await fleet.lane().run()
      const row = await fleet.row()
      assert.deepEqual(row.receipt, before.receipt)
      assert.equal(row.risk_metric, null)
      assert.match(row.receipt_fault ?? '', /^(?:app_attest_|attestation_)/)
      assert.equal((await laneRow())?.failures, 1)
      assert.equal(asked(), 1)
    })
  }

  it('keeps nothing of a receipt that is not of Apple', async () => {
    await fleet.lane({ context: { anchors: () => [] } }).run()
    assert.equal((await fleet.row()).risk_metric, null)
    assert.match(await fleet.metrics.text(), /receipts_total\{outcome="unverified"\} 1\n/)
  })

  it('does not wait for an answer that never comes', async () => {
    fleet.apple.answers(() => {})
    await fleet.lane({ context: { timeoutMs: 50 } }).run()
    assert.equal((await fleet.row()).receipt_fault, 'app_attest_refresh_failed')
    assert.equal(asked(), 1)
  })

  it('says so where the developer account is not let in, and asks no more at once', async () => {
    for (let round = 0; round < 2; round++) await fleet.lane({ keyId: 'OTHERKEY99' }).run()
    assert.equal((await laneRow())?.fault, 'app_attest_refresh_unauthorized')
    assert.match(await fleet.metrics.text(), /receipts_total\{outcome="unauthorized"\} 1\n/)
  })

  for (const status of [400, 404]) {
    it(`never asks again for a receipt that nobody refreshed for a month where Apple says ${status}`, async () => {
      fleet.apple.answers(refuse(status))
      await onlyFirst()
      fleet.clock.move(31)
      await fleet.changeDevice({ expires_at: fleet.clock.now() + dayMs })
      await fleet.lane().run()
      const row = await fleet.row()
      assert.equal(row.receipt_due_at, null)
      assert.match(row.receipt_fault ?? '', /^app_attest_refresh_(?:malformed|unknown)$/)
      assert.equal((await laneRow())?.failures, 0)
    })
  }

  it('asks in a week for one that Apple should know still', async () => {
    fleet.apple.answers(refuse(404))
    await onlyFirst()
    await fleet.lane().run()
    const { receipt_due_at: dueAt } = await fleet.row()
    assert.ok((dueAt ?? 0) > fleet.clock.now() + 6.9 * dayMs)
  })

  it('asks for active devices alone', async () => {
    const now = fleet.clock.now()
    await fleet.changeDevice({ status: 'revoked' }, 0)
    await fleet.changeDevice({ status: 'superseded' }, 1)
    await fleet.changeDevice({ status: 'suspended' }, 2)
    await fleet.changeDevice({ expires_at: now - 1 }, 3)
    await fleet.change({ receipt_expires_at: now - 1 }, 4)
    await fleet.change({ receipt: null }, 5)
    await fleet.lane().run()
    assert.equal(asked(), 6)
    const dueAt = async (index: number) => (await fleet.row(index)).receipt_due_at
    assert.deepEqual(
      [await dueAt(0), await dueAt(1), await dueAt(4), await dueAt(5)],
      [null, null, null, null],
    )
    for (const index of [2, 3]) assert.ok(((await dueAt(index)) ?? 0) > now + dayMs - 60_000)
  })

  it('asks once for each where several authorities have one store', async () => {
    const store = await openStore(fleet.location)
    const lanes = [fleet.lane(), fleet.lane(), fleet.lane({ context: { store } })]
    await Promise.all(lanes.map((lane) => lane.run()))
    assert.equal(asked(), 10)
    fleet.clock.moveMinutes(0.2)
    await Promise.all(lanes.map((lane) => lane.run()))
    assert.equal(asked(), 12)
    await store.close()
    assert.equal(new Set(fleet.apple.asked.map(({ receipt }) => receipt.toString('hex'))).size, 12)
  })

  it('goes on where an authority ended amid a round', async () => {
    const options = { environment: 'production' as const, limit: 12, now: fleet.clock.now() }
    const appleAppIds = [fleet.keys[0]?.appId ?? '']
    await fleet.store.write((tx) => claimDue(tx, { ...options, appleAppIds }))
    await fleet.lane().run()
    assert.equal(asked(), 0)
    fleet.clock.moveMinutes(61)
    await fleet.lane().run()
    assert.equal(asked(), 10)
  })

  it('keeps nothing of an answer that came when another had the claim', async () => {
    await onlyFirst()
    const newer = fleet.newer(9)
    fleet.apple.answers(async (each, response) => {
      await fleet.change({ receipt_due_at: fleet.clock.now() + 5 })
      await newer(each, response)
    })
    await fleet.lane().run()
    assert.equal((await fleet.row()).risk_metric, null)
  })

  it('ends at once, amid a request, and blames nobody for it', async () => {
    const before = await fleet.row()
    const lane = fleet.lane()
    await new Promise<void>((resolve) => {
      fleet.apple.answers(() => resolve())
      void lane.run()
    })
    const startedAt = performance.now()
    await lane.close()
    assert.ok(performance.now() - startedAt < 2_000)
    assert.equal((await fleet.row()).receipt_due_at, before.receipt_due_at)
    assert.equal((await laneRow())?.failures, 0)
  })

  it('leaves the counter of the key alone, which assertions move meanwhile', async () => {
    await onlyFirst()
    const newer = fleet.newer()
    fleet.apple.answers(async (each, response) => {
      await fleet.change({ counter: 7 })
      await newer(each, response)
    })
    await fleet.lane().run()
    const row = await fleet.row()
    assert.deepEqual([row.counter, row.risk_metric], [7, 1])
  })
})
