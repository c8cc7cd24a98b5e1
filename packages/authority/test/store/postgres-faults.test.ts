import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { isProblem, type Problem } from '@sallyport/problem'
import { sql } from 'kysely'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { openEngine, openStore, type Store } from '../../src/store/store.ts'
import { networkTo } from '../fixture/cut-connections.ts'
import { type Cluster, postgresIsMissing, startCluster } from '../fixture/postgres-cluster.ts'

const change = (key: string) => ({ at: 1, kind: 'device', key, status: 'suspended' }) as const
const keysIn = async (store: Store) =>
  (await changesAfter(store.read, 0, 100_000)).map(({ key }) => key)

const unavailable = (error: unknown): error is Problem =>
  isProblem(error) && error.code === 'store_unavailable'

describe('PostgreSQL that fails', { skip: postgresIsMissing() }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster()
  })
  after(() => cluster.close())

  let schemas = 0
  const place = (members: { host?: string; port?: number; schema?: string } = {}) => ({
    postgres: {
      host: cluster.directory,
      port: cluster.port,
      database: 'sallyport',
      user: 'postgres',
      schema: `s${++schemas}`,
      maxConnections: 3,
      password: () => Promise.resolve(''),
      ...members,
    },
  })
  const withStore = async (
    work: (store: Store, schema: string) => Promise<void>,
    members: { host?: string; port?: number } = {},
  ) => {
    const location = place(members)
    const store = await openStore(location)
    try {
      await work(store, location.postgres.schema)
    } finally {
      await store.close()
    }
  }

  it('loses the answer to COMMIT: nobody is told that it was kept, and a repeat finds it', async (t) => {
    const network = await networkTo(cluster.port)
    t.after(() => network.close())
    await withStore(
      async (store) => {
        await store.write((tx) => appendChange(tx, change('dev_before')))
        network.loseAnswerTo('; commit')
        await assert.rejects(
          store.write((tx) => appendChange(tx, change('dev_lost'))),
          unavailable,
        )
        assert.equal(store.isWritable(), false)
        const again = await store.write(async (tx) => {
          const rows = await changesAfter(tx, 0, 10)
          return rows.find(({ key }) => key === 'dev_lost')?.seq ?? appendChange(tx, change('x'))
        })
        assert.equal(again, 2)
        assert.equal(store.isWritable(), true)
        assert.deepEqual(await keysIn(store), ['dev_before', 'dev_lost'])
      },
      { host: '127.0.0.1', port: network.port },
    )
  })

  it('is killed in the midst of writes: whatever was answered is kept, without a gap', () =>
    withStore(async (store) => {
      const answered: string[] = []
      let refused = 0
      const ended = new AbortController()
      const writing = Array.from({ length: 20 }, async (_, lane) => {
        for (let round = 0; !ended.signal.aborted; round++) {
          const key = `dev_${lane}_${round}`
          try {
            await store.write((tx) => appendChange(tx, change(key)))
            answered.push(key)
          } catch (error) {
            assert.ok(unavailable(error), String(error))
            refused++
            await pause(20)
          }
        }
      })
      for (let round = 0; round < 3; round++) {
        await pause(300)
        await cluster.stop('SIGKILL')
        await cluster.start()
      }
      const before = answered.length
      while (answered.length === before) await pause(20)
      ended.abort()
      await Promise.all(writing)
      assert.ok(refused > 0, 'no kill fell into a write')
      const changes = await changesAfter(store.read, 0, 100_000)
      assert.deepEqual(
        changes.map(({ seq }) => seq),
        changes.map((_, index) => index + 1),
      )
      const kept = new Set(changes.map(({ key }) => key))
      assert.deepEqual(
        answered.filter((key) => !kept.has(key)),
        [],
      )
      assert.equal(kept.size, changes.length, 'none is there twice')
    }))

  it('is restarted while nothing is asked of it: nobody hears of that', () =>
    withStore(async (store) => {
      await store.write((tx) => appendChange(tx, change('dev_1')))
      await Promise.all([keysIn(store), keysIn(store), keysIn(store)])
      await cluster.stop('SIGINT')
      await cluster.start()
      await store.write((tx) => appendChange(tx, change('dev_2')))
      assert.deepEqual(await keysIn(store), ['dev_1', 'dev_2'])
    }))

  it('is away: reads and writes say so soon, and go on when it is back', () =>
    withStore(async (store) => {
      await cluster.stop('SIGINT')
      const startedAt = performance.now()
      await assert.rejects(
        store.write((tx) => appendChange(tx, change('dev_1'))),
        unavailable,
      )
      await assert.rejects(keysIn(store), unavailable)
      assert.ok(performance.now() - startedAt < 6_000)
      await cluster.start()
      await store.write((tx) => appendChange(tx, change('dev_1')))
      assert.deepEqual(await keysIn(store), ['dev_1'])
    }))

  it('loses connections that write, read and listen: commits elsewhere are found all the same', () =>
    withStore(async (store, schema) => {
      const other = await openStore(place({ schema }))
      await store.write((tx) => appendChange(tx, change('dev_1')))
      await cluster.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport'`,
      )
      const heard = new Promise<number>((resolve) => {
        const startedAt = performance.now()
        other.onCommit(() => {
          void keysIn(other)
            .then((keys) => keys.length === 2 && resolve(performance.now() - startedAt))
            .catch(() => undefined)
        })
      })
      await store.write((tx) => appendChange(tx, change('dev_2')))
      assert.ok((await heard) < 10_000)
      await other.close()
    }))

  it('has an authority that froze amid a write: the others go on within seconds', () =>
    withStore(async (store, schema) => {
      const network = await networkTo(cluster.port)
      const frozen = await openStore(place({ schema, host: '127.0.0.1', port: network.port }))
      const caught = frozen.write(async (tx) => {
        await appendChange(tx, change('dev_frozen'))
        network.freeze()
      })
      const lost = assert.rejects(caught, unavailable)
      await pause(100)
      const startedAt = performance.now()
      const write = () => store.write((tx) => appendChange(tx, change('dev_next')))
      // Whose turn has not come when the lock is not had in time is told to come again.
      while ((await write().catch(() => undefined)) === undefined) await pause(50)
      assert.ok(performance.now() - startedAt < 25_000)
      assert.deepEqual(await keysIn(store), ['dev_next'])
      await network.close()
      await lost
      await frozen.close()
    }))

  it('cancels a statement: its group is refused, and the next one is not', () =>
    withStore(async (store) => {
      const slow = store.write((tx) => sql`select pg_sleep(20)`.execute(tx))
      const refused = assert.rejects(slow, unavailable)
      // Once it runs.
      const running = `pg_stat_activity where query like '%pg_sleep(20)%' and state = 'active' and pid <> pg_backend_pid()`
      await cluster.run(
        `do $$ begin while not exists (select from ${running}) loop perform pg_stat_clear_snapshot(), pg_sleep(0.02); end loop; end $$`,
      )
      await cluster.run(`select pg_cancel_backend(pid) from ${running}`)
      await refused
      assert.equal(await store.write((tx) => appendChange(tx, change('dev_1'))), 1)
    }))

  it('has a table that is read for long while it is changed: others read and write it meanwhile', () =>
    withStore(async (store, schema) => {
      const location = place({ schema })
      const engine = await openEngine(location)
      let rounds = 0
      let longest = 0
      const time = async (work: Promise<unknown>) => {
        const startedAt = performance.now()
        await work
        longest = Math.max(longest, performance.now() - startedAt)
      }
      let isChanged = false
      let changing = Promise.resolve()
      await store.snapshotRead(async (read) => {
        await read.selectFrom('devices').select('id').execute()
        changing = engine
          .alone(async (tables) => {
            rounds++
            await sql`alter table devices add column later text`.execute(tables)
          })
          .then(() => {
            isChanged = true
          })
        for (let index = 0; index < 25; index++) {
          await time(store.read.selectFrom('devices').select('id').execute())
          await time(store.write((tx) => appendChange(tx, change(`dev_${index}`))))
          await pause(200)
        }
        assert.equal(isChanged, false)
      })
      await changing
      await engine.close()
      assert.ok(rounds > 1, 'it was tried once')
      assert.ok(longest < 2_500, `somebody waited for ${longest} ms`)
      assert.equal((await keysIn(store)).length, 25)
      await sql`select later from devices`.execute(store.read)
    }))

  it('has every connection in use: a read waits for seconds, not forever', () =>
    withStore(async (store) => {
      const slow = Array.from({ length: 3 }, () => sql`select pg_sleep(10)`.execute(store.read))
      const startedAt = performance.now()
      await assert.rejects(keysIn(store), unavailable)
      assert.ok(performance.now() - startedAt < 9_500)
      await Promise.all(slow)
      assert.deepEqual(await keysIn(store), [])
    }))

  it('holds no text with NUL: the message is at fault, not the store', () =>
    withStore(async (store) => {
      const settled = await Promise.allSettled([
        store.write((tx) => appendChange(tx, change('dev_1'))),
        store.write((tx) => appendChange(tx, change('dev_\u0000'))),
        store.write((tx) => appendChange(tx, change('dev_2'))),
      ])
      assert.deepEqual(
        settled.map((one) =>
          one.status === 'fulfilled' ? one.value : (one.reason as Problem).code,
        ),
        [1, 'message_malformed', 2],
      )
    }))

  it('became read-only: writes are refused by its name', () =>
    withStore(async (store) => {
      await cluster.run('alter database sallyport set default_transaction_read_only = on')
      await cluster.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport'`,
      )
      await assert.rejects(
        store.write((tx) => appendChange(tx, change('dev_1'))),
        (error) => unavailable(error) && /read-only/.test(String(error.found)),
      )
      await cluster.run(
        'begin read write; alter database sallyport reset default_transaction_read_only; commit',
      )
      await store.write((tx) => appendChange(tx, change('dev_1')))
    }))

  it('is a replica: it is refused before anything is read', async () => {
    await cluster.stop('SIGINT')
    const mark = path.join(cluster.directory, 'data', 'standby.signal')
    writeFileSync(mark, '')
    await cluster.start()
    await assert.rejects(
      openStore(place()),
      (error) => unavailable(error) && /replica/.test(String(error.found)),
    )
    await cluster.stop('SIGINT')
    rmSync(mark)
    await cluster.start()
  })

  it('is another one than was thought: each is refused in words', async () => {
    for (const [members, words] of [
      [{ database: 'nowhere' }, /no such database/],
      [{ user: 'nobody' }, /refuses the user/],
      [{ tls: { ca: '' } }, /SSL/],
      [{ host: 'nowhere.invalid' }, /nowhere\.invalid/],
    ] as const) {
      const { postgres } = place({ host: '127.0.0.1' })
      await assert.rejects(openStore({ postgres: { ...postgres, ...members } }), (error) => {
        assert.ok(unavailable(error), String(error))
        assert.match(String(error.found), words)
        return true
      })
    }
  })
})
