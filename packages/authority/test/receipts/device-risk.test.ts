import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Fleet, type LaneOptions, appsOf, makeFleet } from '../fixture/receipt-store.ts'
import { isPostgres } from '../fixture/store-place.ts'
import type { Tables } from '../../src/store/tables.ts'
import { type Kysely, sql } from 'kysely'

describe('a phone that made too many App Attest keys', () => {
  let fleet: Fleet
  beforeEach(async () => {
    fleet = await makeFleet(1)
  })
  afterEach(() => fleet.close())

  /** The next day Apple says so many, under this policy. */
  async function say(riskMetric: number, options: LaneOptions = {}): Promise<void> {
    await fleet.changeDevice({ expires_at: fleet.clock.now() + 9 * 86_400_000 })
    fleet.apple.answers(fleet.newer(riskMetric))
    await fleet.lane({ maxRiskMetric: 5, ...options }).run()
    assert.equal((await fleet.row()).risk_metric, riskMetric)
    fleet.clock.move(1.1)
  }
  const audit = () =>
    fleet.store.read.selectFrom('audit').select(['action', 'subject', 'detail']).execute()
  const risks = async () => (await audit()).filter(({ action }) => action === 'device.risk')
  const status = async () => {
    const { status } = await fleet.store.read
      .selectFrom('devices')
      .select('status')
      .executeTakeFirstOrThrow()
    return status
  }

  it('is told in the audit log once, however long it stays so', async () => {
    for (const metric of [5, 6, 7, 6]) await say(metric)
    const [risk, ...more] = await risks()
    assert.equal(more.length, 0)
    assert.equal(risk?.subject, fleet.keys[0]?.deviceId)
    assert.deepEqual(JSON.parse(risk?.detail ?? ''), {
      appId: 'wallet',
      riskMetric: 6,
      maxRiskMetric: 5,
      before: { effect: null },
      after: { effect: 'notified' },
    })
    assert.equal(await status(), 'active')
    assert.match(await fleet.metrics.text(), /device_risks_total\{effect="notified"\} 1\n/)
  })

  it('is told again when it was none meanwhile', async () => {
    for (const metric of [6, 5, 6]) await say(metric)
    assert.equal((await risks()).length, 2)
  })

  it('is no risk where nobody says how many are too many', async () => {
    fleet.apple.answers(fleet.newer(1_000))
    await fleet.lane().run()
    assert.equal((await fleet.row()).risk_metric, 1_000)
    assert.deepEqual(await audit(), [])
  })

  it('is suspended where policy says so, in the feed as well', async () => {
    await say(6, { onRisk: 'suspend' })
    assert.equal(await status(), 'suspended')
    const actions = (await audit()).map(({ action }) => action)
    assert.deepEqual(actions, ['device.risk', 'device.suspended'])
    const changes = await fleet.store.read.selectFrom('changes').select('status').execute()
    assert.deepEqual(
      changes.map((change) => change.status),
      ['suspended'],
    )
  })

  it('stays as an operator resumed it while the metric stays', async () => {
    await say(6, { onRisk: 'suspend' })
    await fleet.changeDevice({ status: 'active' })
    await say(7, { onRisk: 'suspend' })
    assert.equal(await status(), 'active')
    await say(5, { onRisk: 'suspend' })
    await say(7, { onRisk: 'suspend' })
    assert.equal(await status(), 'suspended')
  })

  it('is suspended after it was only told, where policy became stricter', async () => {
    await say(6)
    await say(6, { onRisk: 'suspend' })
    assert.equal(await status(), 'suspended')
    assert.equal((await risks()).length, 2)
  })

  it('is told and not suspended in mode shadow', async () => {
    const context = { apps: appsOf('mode: shadow') }
    await say(6, { onRisk: 'suspend', context })
    assert.equal(await status(), 'active')
    assert.equal((await risks()).length, 1)
  })

  it('is suspended with its receipt kept, or neither', async () => {
    const before = await fleet.row()
    fleet.apple.answers(fleet.newer(6))
    await fleet.store.write((tx) => refuseAudit(tx))
    await fleet.lane({ maxRiskMetric: 5, onRisk: 'suspend' }).run()
    const row = await fleet.row()
    assert.deepEqual([row.receipt, row.risk_metric], [before.receipt, null])
    assert.equal(await status(), 'active')
  })
})

/** From here on nothing that is audited can be written. */
async function refuseAudit(store: Kysely<Tables>): Promise<void> {
  const statements = isPostgres
    ? ["alter table audit add constraint full_audit check (actor = 'nobody') not valid"]
    : ["create trigger full_audit before insert on audit begin select raise(abort, 'no room'); end"]
  for (const statement of statements) await sql.raw(statement).execute(store)
}
