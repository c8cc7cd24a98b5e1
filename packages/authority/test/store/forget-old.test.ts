import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { decisionRow } from '../../src/decisions/decision-row.ts'
import { appendChange, changesAfter, feedHead } from '../../src/feed/append-change.ts'
import { refuseGone } from '../../src/feed/feed-start.ts'
import { forgetOld } from '../../src/store/forget-old.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { storeIn } from '../fixture/store-place.ts'

const dayMs = 24 * 3_600_000
const start = 1_800_000_000_000
let directory: string
let store: Store
before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-forget-old-'))
  store = await openStore(storeIn(directory))
  await store.write(async (tx) => {
    for (const day of [0, 10, 20]) {
      const at = start + day * dayMs
      await appendChange(tx, { at, kind: 'device', key: `dev_${day}`, status: 'suspended' })
      const decision = {
        requestId: `req_${day}`,
        at,
        address: '192.0.2.1',
        host: '',
        method: 'GET',
        path: '/',
        status: 403,
        stages: [],
      }
      await tx.insertInto('decisions').values(decisionRow('authority', decision)).execute()
      const handshake = { id: `hsk_${day}`, at, source: 'g', address: '', code: '', body: '{}' }
      await tx.insertInto('handshakes').values(handshake).execute()
    }
  })
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const counts = async () => {
  const count = async (table: 'decisions' | 'handshakes' | 'changes') =>
    (await store.read.selectFrom(table).select('at').execute()).length
  return [await count('decisions'), await count('handshakes'), await count('changes')]
}

test('records and changes are kept for thirty days and then forgotten', async () => {
  await forgetOld({ store, now: () => start + 30 * dayMs })
  assert.deepEqual(await counts(), [3, 3, 3])
  await forgetOld({ store, now: () => start + 31 * dayMs })
  assert.deepEqual(await counts(), [2, 2, 2])
})

test('a feed whose changes were forgotten is gone from before them, and goes on with the next number', async () => {
  await assert.rejects(refuseGone(store.read, { epoch: undefined, after: 0 }, 'epo'))
  await refuseGone(store.read, { epoch: 'epo', after: 1 }, 'epo')
  await forgetOld({ store, now: () => start + 100 * dayMs })
  assert.deepEqual(await changesAfter(store.read, 0, 10), [])
  await refuseGone(store.read, { epoch: 'epo', after: 3 }, 'epo')
  await assert.rejects(refuseGone(store.read, { epoch: 'epo', after: 2 }, 'epo'))
  const seq = await store.write((tx) =>
    appendChange(tx, { at: start, kind: 'device', key: 'dev_x', status: 'revoked' }),
  )
  assert.equal(seq, 4)
  assert.equal(await feedHead(store.read), 4)
})

test('a clock that was set back leaves no gap in what is kept of the feed', async () => {
  const before = await feedHead(store.read)
  const change = (at: number) => ({ at, kind: 'device', key: 'dev_y', status: 'revoked' }) as const
  await store.write(async (tx) => {
    for (const day of [400, 401, 100, 101]) await appendChange(tx, change(start + day * dayMs))
  })
  await forgetOld({ store, now: () => start + 140 * dayMs })
  const kept = await changesAfter(store.read, before, 10)
  assert.deepEqual(
    kept.map(({ seq }) => seq),
    [1, 2, 3, 4].map((number) => before + number),
  )
})

test('more than one round of what is due is forgotten at once', async () => {
  const due = start + 200 * dayMs
  await store.write(async (tx) => {
    for (let index = 0; index < 12_000; index++) {
      const challenge = `challenge-${index}`
      const row = { challenge, spki_sha256: '', used_at: start, keep_until: due - 1 }
      await tx
        .insertInto('challenges_used')
        .values({ ...row, thumbprint: null, approval_id: null })
        .execute()
    }
  })
  await forgetOld({ store, now: () => due })
  const left = await store.read.selectFrom('challenges_used').selectAll().execute()
  assert.deepEqual(left, [])
})

test('what no token can be in date for any more is forgotten, and the rest is kept', async () => {
  const now = start + 300 * dayMs
  const times = [now - 1, now]
  await store.write(async (tx) => {
    for (const time of times) {
      const row = { key: `key-${time}`, keep_until: time }
      await tx.insertInto('used_logout_tokens').values(row).execute()
    }
  })
  await forgetOld({ store, now: () => now })
  const left = await store.read.selectFrom('used_logout_tokens').select('keep_until').execute()
  assert.deepEqual(
    left.map((row) => row.keep_until),
    [now],
  )
})
