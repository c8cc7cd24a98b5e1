import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { storeIn } from '../fixture/store-place.ts'

let directory: string
let store: Store
let groups: { writes: number; committed: boolean }[]
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-store-'))
  groups = []
  store = await openStore(storeIn(directory), {
    onGroup: (group) => groups.push(group),
  })
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const change = (key: string) => ({ at: 1, kind: 'device', key, status: 'suspended' }) as const
const isUnavailable = (error: unknown) => isProblem(error) && error.code === 'store_unavailable'

test('concurrent writes share one commit, and each is answered with what it returned', async () => {
  const numbers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      store.write((tx) => appendChange(tx, change(`dev_${index}`))),
    ),
  )
  assert.deepEqual(
    numbers,
    Array.from({ length: 50 }, (_, index) => index + 1),
  )
  assert.equal(groups.length, 1)
  assert.equal(groups[0]?.writes, 50)
})

test('a write that throws is undone, and leaves no gap for the others', async () => {
  const writes = Array.from({ length: 9 }, (_, index) =>
    store.write(async (tx) => {
      const seq = await appendChange(tx, change(`dev_${index}`))
      if (index % 3 === 1) throw new Error('undone')
      return seq
    }),
  )
  const settled = await Promise.allSettled(writes)
  const numbers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const kept = await changesAfter(store.read, 0, 100)
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6])
  assert.deepEqual(
    kept.map(({ seq, key }) => [seq, key]),
    ['dev_0', 'dev_2', 'dev_3', 'dev_5', 'dev_6', 'dev_8'].map((key, index) => [index + 1, key]),
  )
})

test('a reader sees nothing of a write before its commit', async () => {
  let seen: number | undefined
  await store.write(async (tx) => {
    await appendChange(tx, change('dev_1'))
    seen = (await changesAfter(store.read, 0, 10)).length
  })
  assert.equal(seen, 0)
  assert.equal((await changesAfter(store.read, 0, 10)).length, 1)
})

test('a store that is closed refuses, after it finished what waited', async () => {
  const waiting = store.write((tx) => appendChange(tx, change('dev_0')))
  await store.close()
  assert.equal(await waiting, 1)
  await assert.rejects(
    store.write((tx) => appendChange(tx, change('dev_1'))),
    isUnavailable,
  )
  store = await openStore(storeIn(directory))
  assert.equal((await changesAfter(store.read, 0, 10)).length, 1)
})
