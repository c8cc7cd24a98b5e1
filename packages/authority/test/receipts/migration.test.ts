import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { up as initial } from '../../src/store/migrations/001-initial.ts'
import { up as forkedAt } from '../../src/store/migrations/002-forked-at.ts'
import { up as attestation } from '../../src/store/migrations/003-attestation.ts'
import { up as appAttestReceipts } from '../../src/store/migrations/004-app-attest-receipts.ts'
import type { Row } from '../../src/store/engine.ts'
import { insertRows } from '../../src/store/portable/fill-store.ts'
import { deviceRow } from '../fixture/devices.ts'
import { tablesOf, withTables } from '../fixture/old-store.ts'

test('receipts that were kept before they were refreshed fall due a day after they came', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-migration-'))
  try {
    await withTables(directory, async (store) => {
      for (const up of [initial, forkedAt, attestation]) await up(store)
      const ids = ['dev_0', 'dev_1', 'dev_2']
      const devices = (await tablesOf(store)).find(({ name }) => name === 'devices')
      const enrolled = ids.map((id) => deviceRow(id, 'wallet', 1_000) as unknown as Row)
      // Later versions know more of a device.
      await insertRows(store, devices ?? { name: 'devices', columns: [] }, enrolled)
      const receipts = [
        [Buffer.from('receipt'), null],
        [Buffer.from('receipt'), 5_000],
        [null, null],
      ] as const
      for (const [index, [receipt, notBefore]] of receipts.entries()) {
        await sql`INSERT INTO app_attest_keys (device_id, key_id, spki, counter, environment,
          apple_app_id, receipt, receipt_not_before, updated_at) VALUES (${ids[index]}, 'key',
          ${Buffer.from([0])}, 0, 'production', 'app', ${receipt}, ${notBefore}, 1000)`.execute(
          store,
        )
      }
      await appAttestReceipts(store)
      const rows = await store
        .selectFrom('app_attest_keys')
        .select(['device_id', 'receipt_due_at', 'receipt_at'])
        .orderBy('device_id')
        .execute()
      assert.deepEqual(
        rows.map((row) => [row.device_id, row.receipt_at, row.receipt_due_at]),
        [
          [ids[0], 1_000, 86_401_000],
          [ids[1], 1_000, 5_000],
          [ids[2], null, null],
        ],
      )
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
