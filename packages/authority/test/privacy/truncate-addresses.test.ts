import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { AuthorityConfig } from '../../src/config/authority-config.ts'
import { appendAudit, verifyAudit } from '../../src/audit/audit-log.ts'
import { unchanged } from '../../src/audit/change.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { decisionRow } from '../../src/decisions/decision-row.ts'
import { truncateAddresses } from '../../src/privacy/truncate-addresses.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { developmentApp } from '../fixture/apps.ts'
import { readTestConfig } from '../fixture/deployment.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { storeIn } from '../fixture/store-place.ts'

const dayMs = 24 * 3_600_000
const start = 1_800_000_000_000
const address = '198.51.100.77'
let directory: string
let store: Store
before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-addresses-'))
  store = await openStore(storeIn(directory))
  await store.write(async (tx) => {
    // Many of one moment: a round does not end within it.
    for (let index = 0; index < 1_200; index++) {
      const at = start + (index < 600 ? 0 : 20 * dayMs)
      const decision = {
        requestId: `req_${index}`,
        at,
        address,
        host: '',
        method: 'GET',
        path: '/',
        status: 403,
        stages: [
          {
            stage: 'address',
            mode: 'enforce' as const,
            verdict: 'refuse' as const,
            found: address,
          },
        ],
      }
      await tx.insertInto('decisions').values(decisionRow('authority', decision)).execute()
    }
    for (const day of [0, 20]) {
      const at = start + day * dayMs
      await appendAudit(tx, {
        at,
        actor: address,
        action: 'device.enrolled',
        subject: 'x',
        detail: unchanged,
      })
    }
  })
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const configOf = (privacy: string): AuthorityConfig =>
  readTestConfig(directory, developmentApp, undefined, `  privacy: ${privacy}\n`)
const truncate = (days: number, privacy = '{}') =>
  truncateAddresses({ store, config: configOf(privacy), now: () => start + days * dayMs })
const whole = async () => {
  const tables = await rowsOf(store.read)
  const told = [...tables].flatMap(([, rows]) => rows)
  return told.filter((row) => JSON.stringify(row).includes(address)).length
}

test('addresses stay whole for as long as the configuration says, and for ever where it says so', async () => {
  await truncate(30)
  await truncate(1_000, '{ addressesAfter: never }')
  assert.equal(await whole(), 1_202)
})

test('older ones are truncated in every place of their row, and the audit log verifies still', async () => {
  await truncate(30.5)
  assert.equal(await whole(), 601)
  const { address: kept, body } = await store.read
    .selectFrom('decisions')
    .selectAll()
    .where('request_id', '=', 'req_0')
    .executeTakeFirstOrThrow()
  assert.equal(kept, '198.51.100.0/24')
  const record = JSON.parse(body) as { address: string; stages: { found: string }[] }
  assert.deepEqual([record.address, record.stages[0]?.found], [kept, kept])
  const rows = await readAudit(store.read, 0, 10)
  assert.deepEqual(
    rows.map(({ actor }) => actor),
    [kept, address],
  )
  assert.equal(verifyAudit(rows).count, 2)
})

test('a shorter time is held to at the next round, and a round over nothing changes nothing', async () => {
  await truncate(23, '{ addressesAfter: 48h }')
  assert.equal(await whole(), 0)
  const before = JSON.stringify([...(await rowsOf(store.read))])
  await truncate(23, '{ addressesAfter: 48h }')
  assert.equal(JSON.stringify([...(await rowsOf(store.read))]), before)
  assert.equal(verifyAudit(await readAudit(store.read, 0, 10)).count, 2)
})

test('a time that limits count over, and one of no unit, are refused', () => {
  for (const time of ['1d', '47h', '0d', '30', '30m', '99999d', 'soon']) {
    assert.throws(() => configOf(`{ addressesAfter: ${time} }`), { code: 'config_invalid' }, time)
  }
})
