import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  recordStanding,
  registeredKey,
  replaceStanding,
  type Standing,
} from '../../src/appraisals/standing.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { insertDevices } from '../fixture/devices.ts'
import { storeIn } from '../fixture/store-place.ts'

let directory: string
let store: Store
let [android, iphone, other] = ['', '', '']
before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-standing-'))
  store = await openStore(storeIn(directory))
  const ids = await insertDevices(store, 3, { serialsOf: () => [] })
  ;[android = '', iphone = '', other = ''] = ids
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const standing = (more: Partial<Standing>): Standing => ({
  appraisalId: 'apl_x',
  serials: [],
  appAttestKey: null,
  ...more,
})
const keyWith = (counter: number) => ({
  keyId: 'key',
  spki: 'AAAA',
  counter,
  environment: 'production' as const,
  appId: 'ABCDE12345.com.example.app',
  receipt: null,
  receiptFacts: null,
})
const serials = async (deviceId: string) => {
  const rows = await store.read
    .selectFrom('attestation_serials')
    .selectAll()
    .where('device_id', '=', deviceId)
    .execute()
  return rows.map(({ serial, handled_at: handledAt }) => [serial, handledAt]).toSorted()
}

test('serial numbers are those of the newest chain, and one that stays keeps what was done about it', async () => {
  const chain = standing({ serials: ['1a', '2b', '2b'] })
  await store.write((tx) => recordStanding(tx, android, chain, 1))
  await store.write((tx) =>
    tx
      .updateTable('attestation_serials')
      .set({ handled_at: 7 })
      .where('serial', '=', '2b')
      .execute(),
  )
  const newer = standing({ serials: ['2b', '3c'] })
  const facts = { registered: undefined, now: 2 }
  assert.equal(await store.write((tx) => replaceStanding(tx, android, newer, facts)), true)
  assert.deepEqual(await serials(android), [
    ['2b', 7],
    ['3c', null],
  ])
  await store.write((tx) => replaceStanding(tx, android, standing({}), facts))
  assert.deepEqual(await serials(android), [])
})

test('a counter is set where it is the one that was asserted against, and rises: once', async () => {
  const enrolled = standing({ appAttestKey: keyWith(0) })
  await store.write((tx) => recordStanding(tx, iphone, enrolled, 1))
  const registered = await registeredKey(store.read, iphone)
  assert.equal(registered?.counter, 0)
  const assertion = (counter: number) =>
    store.write((tx) =>
      replaceStanding(tx, iphone, standing({ appAttestKey: keyWith(counter) }), {
        registered,
        now: 2,
      }),
    )
  assert.deepEqual(await Promise.all([assertion(3), assertion(4), assertion(3)]), [
    true,
    false,
    false,
  ])
  assert.equal((await registeredKey(store.read, iphone))?.counter, 3)
})

test('of two first App Attest keys at once, one is registered', async () => {
  const register = () =>
    store.write((tx) =>
      replaceStanding(tx, other, standing({ appAttestKey: keyWith(0) }), {
        registered: undefined,
        now: 1,
      }),
    )
  assert.deepEqual(await Promise.all([register(), register()]), [true, false])
})
