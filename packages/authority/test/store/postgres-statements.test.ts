import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { type Kysely, sql } from 'kysely'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Tables } from '../../src/store/tables.ts'
import { type Cluster, postgresIsMissing, startCluster } from '../fixture/postgres-cluster.ts'

const insert = (name: string) => (tx: Kysely<Tables>) =>
  tx.insertInto('settings').values({ name, value: 'of a test' }).execute()

describe('statements that PostgreSQL keeps prepared', { skip: postgresIsMissing() }, () => {
  let cluster: Cluster
  let store: Store
  before(async () => {
    cluster = await startCluster()
    const at = { host: cluster.directory, port: cluster.port, database: 'sallyport' }
    const user = { user: 'postgres', password: () => Promise.resolve('') }
    store = await openStore({
      postgres: { ...at, ...user, schema: 'sallyport', maxConnections: 1 },
    })
  })
  after(async () => {
    await store.close()
    await cluster.close()
  })

  const prepared = async (tx: Kysely<Tables>) => {
    const query = sql<{ statement: string }>`select statement from pg_prepared_statements`
    return (await query.execute(tx)).rows.map(({ statement }) => statement)
  }
  /** The store asks in each write as well whether its tables are of this version. */
  const ofTest = (statements: string[]) =>
    statements.filter((statement) => /settings|pg_prepared_statements/.test(statement))

  it('are those that are used again, and a refused one is used again like any other', async () => {
    await store.write(insert('a'))
    assert.deepEqual(ofTest(await store.write(prepared)), [])
    await store.write(insert('b'))
    const kept = ofTest(await store.write(prepared))
    // What asks for them is by now one of them.
    assert.equal(kept.length, 2)
    assert.ok(kept.some((statement) => statement.startsWith('insert into "settings"')))
    for (const name of ['a', 'b']) {
      await assert.rejects(store.write(insert(name)), /duplicate key/)
    }
    await store.write(insert('c'))
  })

  it('whose tables were changed meanwhile are read all the same; a write of them is told to come again', async () => {
    const read = (from: Kysely<Tables>) => from.selectFrom('settings').selectAll().execute()
    for (let use = 0; use < 3; use++) {
      await read(store.read)
      await store.write(read)
    }
    await cluster.run('alter table sallyport.settings add column more text')
    for (let use = 0; use < 3; use++) assert.ok((await read(store.read)).length > 0)
    await assert.rejects(
      store.write(read),
      (error) => isProblem(error) && error.code === 'store_unavailable',
    )
    assert.ok((await store.write(read)).length > 0)
  })

  it('are so many at most, and what comes after them is planned each time', async () => {
    await store.write(async (tx) => {
      for (let number = 0; number < 400; number++) {
        for (let use = 0; use < 3; use++) await sql.raw(`select ${number}`).execute(tx)
      }
    })
    const kept = await store.write(prepared)
    assert.equal(kept.length, 300)
    await store.write(insert('d'))
  })
})
