import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { devicePaths } from '@sallyport/wire'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { defaultChain } from '../../src/audit/chain.ts'
import { createDoneTable, migrateOne, migrationNames } from '../../src/store/migrations.ts'
import {
  backupStore,
  copyStoreTo,
  restoreStore,
} from '../../src/store/portable/store-operations.ts'
import type { StoreLocation } from '../../src/store/store.ts'
import { type Deployment, deploy, trustDomain } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { dropTables, rowsOf, tablesOf, withTables } from '../fixture/old-store.ts'
import { enroll, renew } from '../fixture/phone.ts'
import { isPostgres, storeIn, withStore } from '../fixture/store-place.ts'

const here = mkdtempSync(path.join(tmpdir(), 'sallyport-backup-'))
let deployment: Deployment
before(async () => {
  deployment = await deploy({ heartbeatMs: 50 })
  await Promise.all(Array.from({ length: 30 }, () => enroll(deployment)))
})
after(async () => {
  await deployment.close()
  rmSync(here, { recursive: true })
})

const isCode = (code: ReasonCode) => (error: unknown) => isProblem(error) && error.code === code
const file = (name: string) => path.join(here, name)
const ofDeployment = () => storeIn(deployment.directory)
const backup = (name: string, location = ofDeployment()) =>
  backupStore(location, { file: file(name), now: Date.now() })
const restore = (name: string, to: StoreLocation) =>
  restoreStore(to, {
    file: file(name),
    trustDomain,
    chain: defaultChain,
    now: Date.now(),
    keepCredentials: true,
  })

async function rowsIn(directory: string): Promise<Map<string, string[]>> {
  const rows = await withStore(directory, ({ read }) => rowsOf(read))
  const told = [...rows].filter(([name]) => name !== 'leases')
  return new Map(
    told.map(([name, some]) => [name, some.map((row) => JSON.stringify(ordered(row))).toSorted()]),
  )
}

/** Members in one order, bytes as base64. */
function ordered(row: Record<string, unknown>) {
  return Object.entries(row)
    .map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

test('a backup is for its owner alone, is there only when it is whole, and holds no key', async () => {
  const { rows } = await backup('first.gz')
  assert.equal(statSync(file('first.gz')).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(here), ['first.gz'])
  const text = gunzipSync(readFileSync(file('first.gz'))).toString('utf8')
  const key = await withStore(deployment.directory, ({ read }) =>
    read
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'challenge_key')
      .executeTakeFirstOrThrow(),
  )
  assert.ok(!text.includes(key.value) && !text.includes('PRIVATE KEY'))
  const counted = text.split('\n').filter((line) => line.startsWith('[')).length
  assert.equal(counted, rows)
})

test('what is written during a backup is in it whole, or not at all', async () => {
  const enrolling = Array.from({ length: 20 }, () => enroll(deployment))
  await backup('busy.gz')
  await Promise.all(enrolling)
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'sallyport-busy-'))
  await restore('busy.gz', storeIn(elsewhere))
  const rows = await withStore(elsewhere, ({ read }) => rowsOf(read))
  const count = (name: string) => rows.get(name)?.length ?? 0
  assert.ok(count('devices') >= 30)
  assert.equal(count('certificates'), count('devices'))
  const enrolled = rows.get('audit')?.filter(({ action }) => action === 'device.enrolled')
  assert.equal(enrolled?.length, count('devices'))
  rmSync(elsewhere, { recursive: true })
})

test('a restored store is what it was, but for the epoch, the key of challenges, and a row that tells of it', async () => {
  for (const isKept of [true, false]) {
    const made = await deployment.admin('/admin/v1/enrollment-tokens', {
      body: { appId: 'wallet' },
    })
    const { id } = made.body.enrollmentToken
    if (!isKept) await deployment.admin(`/admin/v1/enrollment-tokens/${id}/revoke`, { body: {} })
  }
  const before = await rowsIn(deployment.directory)
  await backup('same.gz')
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'sallyport-same-'))
  const { epoch, countsAgain } = await restore('same.gz', storeIn(elsewhere))
  assert.deepEqual(countsAgain, {
    adminTokens: 1,
    enrollmentTokens: 1,
    mdmCredentials: 0,
  })
  const after = await rowsIn(elsewhere)
  assert.deepEqual([...after.keys()].toSorted(), [...before.keys()].toSorted())
  const changed = [...before].filter(
    ([name, rows]) => JSON.stringify(rows) !== JSON.stringify(after.get(name)),
  )
  assert.deepEqual(changed.map(([name]) => name).toSorted(), ['audit', 'heads', 'settings'])
  assert.equal(after.get('audit')?.length, (before.get('audit')?.length ?? 0) + 1)
  assert.ok(
    after.get('audit')?.some((row) => row.includes('store.restored') && row.includes(epoch)),
  )
  rmSync(elsewhere, { recursive: true })
})

test('nothing is restored over a deployment, nor from what is cut short, bent or of another one', async () => {
  await backup('good.gz')
  await assert.rejects(restore('good.gz', ofDeployment()), isCode('store_not_empty'))
  const packed = readFileSync(file('good.gz'))
  const lines = gunzipSync(packed).toString('utf8').trimEnd().split('\n')
  const bend = (change: (lines: string[]) => string[]) =>
    gzipSync(`${change([...lines]).join('\n')}\n`)
  const hostile: Record<string, Buffer> = {
    'cut in the middle': packed.subarray(0, packed.length / 2),
    'without its end': bend((all) => all.slice(0, -1)),
    'with a row less': bend((all) => all.toSpliced(-3, 1)),
    'with a value changed': bend((all) => all.map((line) => line.replace('"active"', '"revoked"'))),
    'with a table that is not there': bend((all) =>
      all.toSpliced(1, 0, '{"table":"nothing","columns":["a"]}', '[1]'),
    ),
    'with a table of how it came to be': bend((all) =>
      all.toSpliced(1, 0, '{"table":"kysely_migration","columns":["name"]}', '["x"]'),
    ),
    'of another deployment': bend((all) =>
      all.map((line, at) => (at === 0 ? line.replace(trustDomain, 'other.example') : line)),
    ),
    'of a newer version': bend((all) =>
      all.map((line, at) =>
        at === 0 ? line.replace('"001-initial"', '"001-initial","999-x"') : line,
      ),
    ),
    'of a newer form': bend((all) =>
      all.map((line, at) => (at === 0 ? line.replace('"version":1', '"version":2') : line)),
    ),
    'that is no backup': Buffer.from('nothing'),
    'that is empty': gzipSync(''),
    'that is deep': gzipSync(`${'['.repeat(100_000)}\n`),
    'with a row before its table': bend((all) => all.toSpliced(1, 0, '[1]')),
    'with a value of no kind': bend((all) =>
      all.map((line) => (line.startsWith('[') ? line.replace('[', '[{"x":1},') : line)),
    ),
  }
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'sallyport-hostile-'))
  for (const [name, bytes] of Object.entries(hostile)) {
    writeFileSync(file('bent.gz'), bytes)
    await assert.rejects(restore('bent.gz', storeIn(elsewhere)), isCode('backup_invalid'), name)
  }
  // After all of that it is as empty as it was.
  await restore('good.gz', storeIn(elsewhere))
  await assert.rejects(restore('good.gz', storeIn(elsewhere)), isCode('store_not_empty'))
  rmSync(elsewhere, { recursive: true })
})

test('a store that was never initialized is not backed up', async () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'sallyport-empty-'))
  await assert.rejects(backup('empty.gz', storeIn(empty)), isCode('backup_invalid'))
  assert.ok(!readdirSync(here).some((name) => name.startsWith('empty')))
  rmSync(empty, { recursive: true })
})

test('a copy is the same to the row, over another engine too, and back', async () => {
  const source = await rowsIn(deployment.directory)
  const [there, back] = ['there', 'back'].map((name) =>
    mkdtempSync(path.join(tmpdir(), `sallyport-${name}-`)),
  )
  assert.ok(there !== undefined && back !== undefined)
  // Where tests run on PostgreSQL, the copy in between is a file.
  const between = isPostgres ? { path: path.join(there, 'sallyport.db') } : storeIn(there)
  await copyStoreTo(ofDeployment(), between)
  await copyStoreTo(between, storeIn(back))
  assert.deepEqual(await rowsIn(back), source)
  await assert.rejects(copyStoreTo(between, storeIn(back)), isCode('store_not_empty'))
  for (const directory of [there, back]) rmSync(directory, { recursive: true })
})

test('with the backup of yesterday restored, devices go on, and a gateway is told to keep what it knows', async () => {
  const own = await deploy({ heartbeatMs: 50 })
  try {
    const [kept, revoked] = await Promise.all([enroll(own), enroll(own)])
    assert.ok(kept && revoked)
    await backupStore(storeIn(own.directory), { file: file('yesterday.gz'), now: Date.now() })
    const at = `/admin/v1/devices/${revoked.issued.deviceId}/revoke`
    const { seq } = (await own.admin(at, { body: {} })).body
    const { epoch } = (await own.admin('/admin/v1/feed')).body
    await own.restart({
      whileDown: async () => {
        if (isPostgres) await withTables(own.directory, emptyOut)
        else
          for (const tail of ['', '-wal', '-shm'])
            rmSync(path.join(own.directory, `sallyport.db${tail}`))
        await restore('yesterday.gz', storeIn(own.directory))
      },
    })
    assert.equal((await own.device(devicePaths.me, kept.tls)).status, 200)
    assert.equal((await renew(own, kept)).status, 201)
    const after = (await own.admin('/admin/v1/feed')).body
    assert.notEqual(after.epoch, epoch)
    const gone = await own.gatewayCall(`/gateway/v1/feed?epoch=${epoch}&after=${seq}`)
    assert.equal(gone.status, 410, gone.text)
    const report = reportOf({ epoch, seq })
    assert.equal((await own.gatewayCall('/gateway/v1/reports', { body: report })).status, 204)
    // It is one epoch, and not one more for each gateway that comes back.
    assert.equal((await own.admin('/admin/v1/feed')).body.epoch, after.epoch)
  } finally {
    await own.close()
  }
})

async function emptyOut(store: Parameters<Parameters<typeof withTables>[1]>[0]): Promise<void> {
  await dropTables(store)
  await store.schema.dropTable('kysely_migration').execute()
}

/** The tables as they were before there were leases and chains of the audit log, and their columns. */
const olderNames = migrationNames.filter((name) => name < '012')

async function olderColumns(): Promise<Map<string, readonly string[]>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-columns-'))
  let tables: Awaited<ReturnType<typeof tablesOf>> = []
  await withTables(directory, async (store) => {
    await createDoneTable(store)
    for (const name of olderNames) await migrateOne(store, name)
    tables = await tablesOf(store)
  })
  rmSync(directory, { recursive: true })
  return new Map(tables.map(({ name, columns }) => [name, columns]))
}

test('a backup of the tables of an older version becomes one of this', async () => {
  const older = mkdtempSync(path.join(tmpdir(), 'sallyport-older-'))
  const known = await olderColumns()
  await backup('now.gz')
  const lines = gunzipSync(readFileSync(file('now.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  const head = { ...JSON.parse(lines[0] ?? ''), migrations: olderNames }
  const kept: string[] = [JSON.stringify(head)]
  let from = { table: '', columns: [] as string[] }
  let rows = 0
  for (const line of lines.slice(1, -1)) {
    const value = JSON.parse(line) as typeof from | (string | number)[]
    if (!Array.isArray(value)) from = value
    const columns = known.get(from.table)?.filter((name) => from.columns.includes(name))
    if (columns === undefined) continue
    if (!Array.isArray(value)) {
      kept.push(JSON.stringify({ table: from.table, columns }))
      continue
    }
    const cells = columns.map((name) => value[from.columns.indexOf(name)])
    kept.push(JSON.stringify(cells.map((cell) => (cell === 'audit:authority' ? 'audit' : cell))))
    rows++
  }
  const body = `${kept.join('\n')}\n`
  const sha256 = createHash('sha256').update(body).digest('hex')
  const end = JSON.stringify({ end: true, rows, sha256 })
  writeFileSync(file('older.gz'), gzipSync(`${body}${end}\n`))
  await restore('older.gz', storeIn(older))
  const [told, whole] = [await rowsIn(older), await rowsIn(deployment.directory)]
  for (const table of ['devices', 'certificates', 'issuers', 'gateways']) {
    assert.equal(told.get(table)?.length, whole.get(table)?.length, table)
  }
  const audit = await withStore(older, ({ read }) => readAudit(read, 0, 10_000))
  assert.equal(verifyAudit(audit).count, (whole.get('audit')?.length ?? 0) + 1)
  rmSync(older, { recursive: true })
})
