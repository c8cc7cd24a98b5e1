import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { attestationReport } from '../../src/appraisals/attestation-report.ts'
import { RefusedAppraisals } from '../../src/appraisals/refused-appraisals.ts'
import { forgetOld } from '../../src/store/forget-old.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { AppraisalRow } from '../../src/store/tables.ts'
import { storeIn } from '../fixture/store-place.ts'

const dayMs = 24 * 3_600_000
const start = 1_800_000_000_000
let directory: string
let store: Store
before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-appraisals-'))
  store = await openStore(storeIn(directory))
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const row = (id: string, more: Partial<AppraisalRow> = {}): AppraisalRow => ({
  id,
  at: start,
  app_id: 'wallet',
  device_id: null,
  retention: 'history',
  purpose: 'enroll',
  format: 'android-key',
  mode: 'shadow',
  outcome: 'accepted',
  assurance: 'tee',
  platform: 'android',
  model: 'Pixel 9a',
  os_version: '16',
  os_patch_level: '2026-11-05',
  app_version: '1.0.0',
  failed: '[]',
  results: '[]',
  evidence: null,
  address: '192.0.2.1',
  request_id: `req_${id}`,
  ...more,
})
const insert = (rows: AppraisalRow[]) =>
  store.write((tx) => tx.insertInto('appraisals').values(rows).execute())
const ids = async () =>
  (await store.read.selectFrom('appraisals').select('id').execute()).map(({ id }) => id).toSorted()

test('what a device rests on is kept, and the rest is forgotten after ninety days', async () => {
  await insert([
    row('current', { retention: 'device' }),
    row('old', { at: start }),
    row('refused', { retention: 'refused', outcome: 'refused' }),
    row('young', { at: start + 10 * dayMs }),
  ])
  await forgetOld({ store, now: () => start + 90 * dayMs })
  assert.deepEqual(await ids(), ['current', 'old', 'refused', 'young'])
  await forgetOld({ store, now: () => start + 91 * dayMs })
  assert.deepEqual(await ids(), ['current', 'young'])
})

test('one address cannot fill the store with refusals, and others go on being counted', async () => {
  const refused = new RefusedAppraisals(store, pino({ level: 'silent' }))
  const refusal = (id: string, address: string) =>
    refused.keep(row(id, { address, retention: 'refused', outcome: 'refused', at: start }))
  for (let number = 0; number < 300; number++) refusal(`flood${number}`, '2001:db8::1')
  refusal('neighbour', '2001:db8::2')
  refusal('other', '2001:db8:1::1')
  await refused.close()
  const kept = await ids()
  const ofFlood = kept.filter((id) => id.startsWith('flood')).length
  assert.equal(ofFlood, 100)
  assert.ok(!kept.includes('neighbour'))
  assert.ok(kept.includes('other'))
  assert.equal(refused.dropped, 201)
})

test('the report counts what is in its time, of its app and purpose, once', async () => {
  const at = start + 200 * dayMs
  const failed = JSON.stringify([
    { format: 'android-key', name: 'deviceLocked', code: 'android_bootloader_unlocked' },
  ])
  await insert([
    row('r1', { at }),
    row('r2', { at, outcome: 'shadowed', failed }),
    row('r3', { at: at + 1, outcome: 'refused', failed, model: null }),
    row('r4', { at: at + 1, purpose: 'renew' }),
    row('r5', { at: at + 2 }),
    row('r6', { at, app_id: 'bank' }),
  ])
  const order = { appIds: ['wallet'], since: at, until: at + 1 }
  const all = await attestationReport(store.read, order)
  assert.deepEqual(all.totals, { accepted: 2, shadowed: 1, refused: 1 })
  assert.deepEqual(
    [...all.checks.values()].map(({ counts }) => counts),
    [{ accepted: 0, shadowed: 1, refused: 1 }],
  )
  assert.deepEqual([...all.osVersions.keys()], ['android 16'])
  assert.deepEqual(all.models.get(''), { accepted: 0, shadowed: 0, refused: 1 })
  const enrolled = await attestationReport(store.read, { ...order, purpose: 'enroll' })
  assert.deepEqual(enrolled.totals, { accepted: 1, shadowed: 1, refused: 1 })
  const both = await attestationReport(store.read, { ...order, appIds: ['wallet', 'bank'] })
  assert.equal(both.totals.accepted, 3)
})

test('more appraisals than one query counts, many of one millisecond, are each counted once', async () => {
  const at = start + 300 * dayMs
  const rows = Array.from({ length: 45_000 }, (_, number) =>
    row(`many${number}`, { at: at + (number < 30_000 ? 5 : number % 10), model: `m${number % 7}` }),
  )
  for (let from = 0; from < rows.length; from += 1_000) await insert(rows.slice(from, from + 1_000))
  const report = await attestationReport(store.read, {
    appIds: ['wallet'],
    since: at,
    until: at + 10,
  })
  assert.equal(report.totals.accepted, 45_000)
  assert.equal(report.models.size, 7)
})
