import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { sql } from 'kysely'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { withTables } from '../fixture/old-store.ts'
import { storeIn } from '../fixture/store-place.ts'

// Several authorities over one store, each with connections of its own.

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-two-'))
let stores: Store[]
before(async () => {
  // On an empty store, all at once: one of them makes the tables.
  stores = await Promise.all(Array.from({ length: 4 }, () => openStore(storeIn(directory))))
})
after(async () => {
  for (const store of stores) await store.close()
  rmSync(directory, { recursive: true })
})

const change = (key: string) => ({ at: 1, kind: 'device', key, status: 'suspended' }) as const

test('authorities that start at once over an empty store make its tables once', async () => {
  for (const store of stores) {
    const heads = await store.read.selectFrom('heads').selectAll().execute()
    assert.ok(heads.length > 0)
  }
})

test('numbers have no gap, no two are the same, and whoever reads sees them in order', async () => {
  const first = (await changesAfter(reader().read, 0, 10_000)).length
  const writing = new AbortController()
  const seen: number[][] = []
  const reading = (async () => {
    while (!writing.signal.aborted) {
      await new Promise(setImmediate)
      seen.push((await changesAfter(reader().read, 0, 10_000)).map(({ seq }) => seq))
    }
  })()
  const numbers = await Promise.all(
    Array.from({ length: 400 }, (_, index) =>
      (stores[index % 4] ?? reader()).write((tx) => appendChange(tx, change(`dev_${index}`))),
    ),
  )
  writing.abort()
  await reading
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 400 }, (_, index) => first + index + 1),
  )
  for (const some of seen) {
    assert.deepEqual(
      some,
      some.map((_, index) => index + 1),
    )
  }
})

test('check, then insert: of many who find a place free one takes it', async () => {
  const takes = await Promise.all(
    stores.flatMap((store, index) =>
      Array.from({ length: 10 }, () =>
        store.write(async (tx) => {
          const taken = await tx
            .selectFrom('settings')
            .selectAll()
            .where('name', '=', 'place')
            .executeTakeFirst()
          if (taken !== undefined) return false
          const value = String(index)
          await tx.insertInto('settings').values({ name: 'place', value }).execute()
          return true
        }),
      ),
    ),
  )
  assert.equal(takes.filter(Boolean).length, 1)
})

test('a commit is heard by the others within a moment', async () => {
  const [writer, ...others] = stores
  const waits: number[] = []
  // Where it is found by looking alone, each waits for the look after the one that found the commit before it.
  for (const key of ['first', 'second', 'third', 'fourth'].map((each) => `dev_heard_${each}`)) {
    const startedAt = performance.now()
    const heard = others.map((store) => untilHeard(store, key))
    await writer?.write((tx) => appendChange(tx, change(key)))
    await Promise.all(heard)
    waits.push(performance.now() - startedAt)
  }
  assert.ok(Math.min(...waits) < 900, `${waits.join(', ')} ms`)
})

function untilHeard(store: Store, key: string): Promise<void> {
  return new Promise((resolve) => {
    const end = store.onCommit(() => {
      void changesAfter(store.read, 0, 10_000).then((changes) => {
        if (!changes.some((each) => each.key === key)) return
        end()
        resolve()
      })
    })
  })
}

test('what reads several tables at one point in time sees nothing that is committed meanwhile', async () => {
  const count = async (store: Store['read']) => (await changesAfter(store, 0, 10_000)).length
  const [before, after] = await reader().snapshotRead(async (store) => {
    const found = await count(store)
    await stores[1]?.write((tx) => appendChange(tx, change('dev_between')))
    return [found, await count(store)]
  })
  assert.equal(after, before)
  assert.equal(await count(reader().read), (before ?? 0) + 1)
})

test('three thousand rows of one group are all kept', async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `row-${index}`)
  await Promise.all(
    names.map((name) =>
      reader().write((tx) => tx.insertInto('settings').values({ name, value: '' }).execute()),
    ),
  )
  const rows = await reader()
    .read.selectFrom('settings')
    .select('name')
    .where('name', 'like', 'row-%')
    .execute()
  assert.equal(rows.length, names.length)
})

test('text comes in the order of its bytes, whatever the locale of the database', async () => {
  const names = ['order-b', 'order-B', 'order-ä', 'order-a', 'order-_']
  await reader().write((tx) =>
    tx
      .insertInto('settings')
      .values(names.map((name) => ({ name, value: '' })))
      .execute(),
  )
  const rows = await reader()
    .read.selectFrom('settings')
    .select('name')
    .where('name', 'like', 'order-%')
    .orderBy('name')
    .execute()
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['order-B', 'order-_', 'order-a', 'order-b', 'order-ä'],
  )
})

test('a store of a newer version is refused by its name', async () => {
  const newer = mkdtempSync(path.join(tmpdir(), 'sallyport-newer-'))
  await (await openStore(storeIn(newer))).close()
  await withTables(newer, async (store) => {
    await sql`insert into kysely_migration (name, timestamp) values ('999-later', 'then')`.execute(
      store,
    )
  })
  await assert.rejects(openStore(storeIn(newer)), (error) => {
    assert.ok(isProblem(error) && error.code === 'store_unavailable')
    assert.match(`${error.detail} ${error.found}`, /newer version of Sallyport.*999-later/)
    return true
  })
  rmSync(newer, { recursive: true })
})

function reader(): Store {
  const [store] = stores
  if (store === undefined) throw new Error('there is no store')
  return store
}
