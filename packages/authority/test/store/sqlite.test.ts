import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { appendAudit, type AuditEvent } from '../../src/audit/audit-log.ts'
import { unchanged } from '../../src/audit/change.ts'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { openSqlite } from '../../src/store/sqlite/open-engine.ts'
import { openOver, type Store } from '../../src/store/store.ts'

// What is of files of SQLite alone: permissions, how commits reach the disk, and a disk that is full.

let directory: string
let store: Store
let database: DatabaseSync
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-store-'))
  const engine = openSqlite(path.join(directory, 'store.db'))
  database = engine.database
  store = await openOver(engine)
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const change = (key: string) => ({ at: 1, kind: 'device', key, status: 'suspended' }) as const
const isUnavailable = (error: unknown) => isProblem(error) && error.code === 'store_unavailable'

test('the files of the store are for their owner alone', () => {
  for (const suffix of ['', '-wal', '-shm']) {
    const { mode } = statSync(path.join(directory, `store.db${suffix}`))
    assert.equal(mode & 0o777, 0o600, suffix)
  }
})

test('commits are synced: WAL, synchronous FULL', () => {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})
  assert.deepEqual(pragma('journal_mode'), ['wal'])
  assert.deepEqual(pragma('synchronous'), [2])
  assert.deepEqual(pragma('foreign_keys'), [1])
})

test('a full store refuses every write of the group, goes on reading, and recovers', async () => {
  await store.write((tx) => appendChange(tx, change('dev_0')))
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() ?? {}
  database.exec(`PRAGMA max_page_count = ${Number(pages)}`)
  const big: AuditEvent = {
    at: 1,
    actor: 'x',
    action: 'device.enrolled',
    subject: 'x'.repeat(20_000),
    detail: unchanged,
  }
  const settled = await Promise.allSettled([
    store.write((tx) => appendChange(tx, change('dev_1'))),
    store.write((tx) => appendAudit(tx, big)),
    store.write((tx) => appendChange(tx, change('dev_2'))),
  ])
  for (const result of settled) {
    assert.ok(result.status === 'rejected' && isUnavailable(result.reason), result.status)
  }
  assert.equal(store.isWritable(), false)
  assert.equal((await changesAfter(store.read, 0, 10)).length, 1)
  database.exec('PRAGMA max_page_count = 1000000')
  await store.write((tx) => appendAudit(tx, big))
  assert.equal(await store.write((tx) => appendChange(tx, change('dev_1'))), 2)
  assert.equal(store.isWritable(), true)
})
