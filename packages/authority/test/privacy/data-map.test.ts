import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { dataKinds, dataMap } from '../../src/privacy/data-map.ts'
import { dataMapReference } from '../../src/privacy/data-map-reference.ts'
import { openStore } from '../../src/store/store.ts'
import { tablesOf } from '../fixture/old-store.ts'
import { storeIn } from '../fixture/store-place.ts'

test('the data map has every table and every column of the store, each once, and no other', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-data-map-'))
  const store = await openStore(storeIn(directory))
  const real = await tablesOf(store.read)
  await store.close()
  rmSync(directory, { recursive: true })
  const ofStore = real.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column}`))
  const mapped = dataMap.flatMap(({ table, columns }) =>
    Object.values(columns).flatMap((names) => names.split(' ').map((name) => `${table}.${name}`)),
  )
  assert.deepEqual(mapped.toSorted(), ofStore.toSorted())
})

test('the page names every kind and every table', () => {
  const page = dataMapReference()
  for (const kind of Object.keys(dataKinds)) assert.ok(page.includes(`**${kind}**`), kind)
  for (const { table } of dataMap) assert.ok(page.includes(`### ${table}\n`), table)
})
