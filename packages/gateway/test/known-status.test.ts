import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '@sallyport/wire'
import { KnownStatus } from '../src/control/known-status.ts'
import { activeStatus, statusCode, statusKey } from '../src/status/status-code.ts'
import { statusControl } from '../src/status/status-control.ts'
import { readStatusTable } from '../src/status/status-table.ts'
import { type Listed, packed } from './support/packed.ts'

const dayMs = 86_400_000
const until = Date.now() + 1_000_000
const snapshot = (members: Partial<Listed> = {}) =>
  packed({
    epoch: 'epo_a',
    seq: 10,
    at: 0,
    issuers: [],
    certificates: [],
    devices: [],
    ...members,
  })
const change = (seq: number, key: string, status: string): Change => ({
  seq,
  at: 0,
  kind: 'device',
  key,
  status,
  until,
})
const revoked = statusCode('device', 'revoked')

function setUp() {
  const handedOut: SharedArrayBuffer[] = []
  const known = new KnownStatus(statusControl(), async (table) => {
    handedOut.push(table)
  })
  const statusOf = (device: string, table = known.table) =>
    readStatusTable(table).lookUp(statusKey('device', device))
  return { known, handedOut, statusOf }
}

test('a snapshot replaces everything that was known', () => {
  const { known, statusOf } = setUp()
  known.replace(snapshot({ devices: [{ key: 'dev_a', status: 'revoked', until }] }))
  known.apply(change(11, 'dev_b', 'suspended'))
  known.replace(snapshot({ seq: 20, devices: [{ key: 'dev_c', status: 'revoked', until }] }))
  assert.equal(statusOf('dev_a'), activeStatus)
  assert.equal(statusOf('dev_b'), activeStatus)
  assert.equal(statusOf('dev_c'), revoked)
  assert.equal(known.seq, 20)
})

test('every change raises the version after it is in the table', () => {
  const { known, statusOf } = setUp()
  const before = known.control.version()
  known.apply(change(1, 'dev_a', 'revoked'))
  assert.equal(known.control.version(), before + 1)
  assert.equal(statusOf('dev_a'), revoked)
  known.apply(change(2, 'dev_a', 'active'))
  assert.equal(statusOf('dev_a'), activeStatus)
  assert.deepEqual(known.refused('device'), [])
})

test('a larger table is handed out in time, and the old one is kept true until it is taken', async () => {
  const { known, handedOut, statusOf } = setUp()
  const first = known.table
  for (let index = 0; index < 520; index++)
    known.apply(change(index + 1, `dev_${index}`, 'revoked'))
  assert.equal(handedOut.length, 1)
  assert.notEqual(known.table, first)
  known.apply(change(1_000, 'dev_late', 'revoked'))
  assert.equal(statusOf('dev_late', first), revoked, 'a worker may still read the old one')
  await new Promise(setImmediate)
  known.apply(change(1_001, 'dev_later', 'revoked'))
  assert.equal(statusOf('dev_later', first), activeStatus)
  assert.equal(statusOf('dev_later'), revoked)
  for (let index = 0; index < 520; index++) assert.equal(statusOf(`dev_${index}`), revoked)
})

test('a hundred thousand entries are taken at once', () => {
  const { known, statusOf } = setUp()
  const devices = Array.from({ length: 100_000 }, (_, index) => ({
    key: `dev_${index}`,
    status: 'revoked',
    until,
  }))
  known.replace(snapshot({ devices }))
  for (const index of [0, 1, 50_000, 99_999]) assert.equal(statusOf(`dev_${index}`), revoked)
  assert.equal(statusOf('dev_100000'), activeStatus)
})

test('what expired a day ago is forgotten when it is written down', () => {
  const { known } = setUp()
  known.replace(snapshot({ devices: [{ key: 'dev_a', status: 'revoked', until: 5 }] }))
  assert.equal(known.packed(dayMs).sections[0]?.count, 1)
  assert.deepEqual(known.packed(dayMs + 6).sections, [])
})

test('a clock that ran hours ahead for a while costs no revocation', () => {
  const { known } = setUp()
  known.replace(snapshot({ devices: [{ key: 'dev_a', status: 'revoked', until }] }))
  known.packed(until + 12 * 3_600_000)
  const kept = setUp()
  kept.known.replace(known.packed(until - 1_000))
  assert.equal(kept.statusOf('dev_a'), revoked)
})

test('a kind that is not known is remembered, also on disk', () => {
  const { known } = setUp()
  known.replace(snapshot())
  known.apply({ ...change(11, 'x', 'revoked'), kind: 'moonPhase' })
  assert(known.control.isIgnorant())
  const again = setUp().known
  again.replace(known.packed(0))
  assert(again.control.isIgnorant())
})

test('what a newer version of the gateway kept on disk, and this one knows nothing of, is not passed over', () => {
  const { known } = setUp()
  const kept = snapshot({ others: { moonPhase: [{ key: 'moon', status: 'full', until }] } })
  known.replace(kept)
  assert(known.control.isIgnorant())
  assert.deepEqual(known.notUnderstood, ['moonPhase'])
})
