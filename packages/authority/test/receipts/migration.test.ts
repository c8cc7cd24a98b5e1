import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, SqliteDialect } from 'kysely'
import { up as initial } from '../../src/store/migrations/001-initial.ts'
import { up as forkedAt } from '../../src/store/migrations/002-forked-at.ts'
import { up as attestation } from '../../src/store/migrations/003-attestation.ts'
import { up as appAttestReceipts } from '../../src/store/migrations/004-app-attest-receipts.ts'
import { kyselyDatabase } from '../../src/store/node-sqlite.ts'
import type { Tables } from '../../src/store/tables.ts'

test('receipts that were kept before they were refreshed fall due a day after they came', async () => {
  const database = new DatabaseSync(':memory:')
  const store = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselyDatabase(database) }),
  })
  for (const up of [initial, forkedAt, attestation]) await up(store)
  database.exec('PRAGMA foreign_keys = OFF')
  const insert = database.prepare(
    `INSERT INTO app_attest_keys (device_id, key_id, spki, counter, environment, apple_app_id,
       receipt, receipt_not_before, updated_at) VALUES (?, 'key', x'00', 0, 'production', 'app', ?, ?, 1000)`,
  )
  insert.run('first', Buffer.from('receipt'), null)
  insert.run('stated', Buffer.from('receipt'), 5_000)
  insert.run('none', null, null)
  await appAttestReceipts(store)
  const rows = await store
    .selectFrom('app_attest_keys')
    .select(['device_id', 'receipt_due_at', 'receipt_at'])
    .execute()
  assert.deepEqual(
    rows.map((row) => [row.device_id, row.receipt_at, row.receipt_due_at]),
    [
      ['first', 1_000, 86_401_000],
      ['stated', 1_000, 5_000],
      ['none', null, null],
    ],
  )
  await store.destroy()
})
