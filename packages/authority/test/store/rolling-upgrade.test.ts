import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { sql } from 'kysely'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { migrationState } from '../../src/store/migrations.ts'
import { openEngine, openStore, type Store } from '../../src/store/store.ts'
import { deploy } from '../fixture/deployment.ts'
import { withTables } from '../fixture/old-store.ts'
import { enroll, renew } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

// An authority of this version over a store that one of a newer version brings forward meanwhile.

const change = (key: string) => ({ at: 1, kind: 'device', key, status: 'suspended' }) as const

/** As a newer version does it: tables that this one does not know, and a name that says whether it may go on. */
function migrateTo(directory: string, name: string): Promise<void> {
  return withTables(directory, async (store) => {
    await sql`insert into kysely_migration (name, timestamp) values (${name}, 'now')`.execute(store)
  })
}

function folder(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-rolling-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

async function opened(t: TestContext, directory: string): Promise<Store> {
  const store = await openStore(storeIn(directory))
  t.after(() => store.close())
  return store
}

const newer = (error: unknown) =>
  isProblem(error) &&
  error.code === 'store_unavailable' &&
  /newer version/.test(String(error.detail)) &&
  error.found === '999-other-columns'

test('who goes on beside a newer version writes nothing into tables that it does not know', async (t) => {
  const directory = folder(t)
  const store = await opened(t, directory)
  await store.write((tx) => appendChange(tx, change('dev_before')))
  await migrateTo(directory, '999-other-columns')
  await assert.rejects(
    store.write((tx) => appendChange(tx, change('dev_after'))),
    newer,
  )
  assert.equal(store.isWritable(), false)
  const keys = (await changesAfter(store.read, 0, 10)).map(({ key }) => key)
  assert.deepEqual(keys, ['dev_before'])
  await assert.rejects(openStore(storeIn(directory)), newer)
})

test('beside what was only added it goes on, and starts again', async (t) => {
  const directory = folder(t)
  const store = await opened(t, directory)
  await migrateTo(directory, '999-more-additive')
  await store.write((tx) => appendChange(tx, change('dev_1')))
  const again = await opened(t, directory)
  await again.write((tx) => appendChange(tx, change('dev_2')))
  assert.equal((await changesAfter(store.read, 0, 10)).length, 2)
  const engine = await openEngine(storeIn(directory))
  t.after(() => engine.close())
  const { done, missing } = await migrationState(engine)
  assert.deepEqual(missing, [])
  assert.equal(done.at(-1), '999-more-additive', 'a backup tells of it')
})

test('writes that are offered while tables change are kept before it, or refused after it', async (t) => {
  const directory = folder(t)
  const store = await opened(t, directory)
  const kept: string[] = []
  const writes = Array.from({ length: 300 }, async (_, index) => {
    const key = `dev_${index}`
    if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, index / 10))
    await store.write((tx) => appendChange(tx, change(key)))
    kept.push(key)
  })
  const writing = Promise.allSettled(writes)
  await migrateTo(directory, '999-other-columns')
  const atMigration = (await changesAfter(store.read, 0, 1_000)).length
  const refused = (await writing).filter((one) => one.status === 'rejected')
  for (const { reason } of refused) assert.ok(newer(reason), String(reason))
  assert.equal((await changesAfter(store.read, 0, 1_000)).length, atMigration, 'none came after')
  assert.equal(kept.length, atMigration)
  assert.equal(kept.length + refused.length, 300)
})

test('its balancer is told at once, and a phone to come again', async (t) => {
  const deployment = await deploy()
  t.after(() => deployment.close())
  const phone = await enroll(deployment)
  assert.equal((await deployment.operations('/health/ready')).status, 200)
  await migrateTo(deployment.directory, '999-other-columns')
  const ready = await deployment.operations('/health/ready')
  assert.equal(ready.status, 503)
  const refused = await renew(deployment, phone)
  assert.equal(refused.status, 503)
  assert.equal(refused.body.code, 'store_unavailable')
  await withTables(deployment.directory, async (store) => {
    await sql`delete from kysely_migration where name = '999-other-columns'`.execute(store)
  })
  assert.equal((await deployment.operations('/health/ready')).status, 200)
  assert.equal((await renew(deployment, phone)).status, 201)
})
