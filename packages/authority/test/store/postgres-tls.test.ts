import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { sql } from 'kysely'
import type { PostgresLocation } from '../../src/store/postgres/location.ts'
import { openEngine, openStore } from '../../src/store/store.ts'
import { type Cluster, postgresIsMissing, startCluster } from '../fixture/postgres-cluster.ts'
import { requireTls, selfSigned } from '../fixture/postgres-tls.ts'

const refusedFor = (words: RegExp) => (error: unknown) =>
  isProblem(error) && error.code === 'store_unavailable' && words.test(String(error.found))

describe('PostgreSQL over a network', { skip: postgresIsMissing() }, () => {
  let cluster: Cluster
  let certificate = ''
  before(async () => {
    cluster = await startCluster()
    certificate = await requireTls(cluster)
    await cluster.run("create role sallyport login password 'of a test'")
    await cluster.run('grant create on database sallyport to sallyport')
  })
  after(() => cluster.close())

  const at = (members: Partial<PostgresLocation> = {}) => ({
    postgres: {
      host: 'localhost',
      port: cluster.port,
      database: 'sallyport',
      user: 'sallyport',
      schema: 'sallyport',
      maxConnections: 2,
      password: () => Promise.resolve('of a test'),
      tls: { ca: certificate },
      ...members,
    },
  })

  it('is believed by its certificate, and every connection is encrypted', async () => {
    const store = await openStore(at())
    const ssl = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`
    const ofWriter = await store.write(async (tx) => (await ssl.execute(tx)).rows)
    assert.deepEqual(
      [...ofWriter, ...(await ssl.execute(store.read)).rows],
      [{ ssl: true }, { ssl: true }],
    )
    await store.close()
  })

  it('is refused where its certificate ends at another root, is of another name, or is not asked for', async () => {
    const other = selfSigned('localhost').certificate
    for (const [members, words] of [
      [{ tls: { ca: other } }, /self.signed certificate/],
      [{ host: '127.0.0.1' }, /does not match|altnames/i],
      [{ password: () => Promise.resolve('another') }, /refuses the user or the password/],
    ] as const) {
      await assert.rejects(openEngine(at(members)), refusedFor(words))
    }
    const { tls: _, ...plain } = at().postgres
    await assert.rejects(openEngine({ postgres: plain }), refusedFor(/refuses the user/))
  })

  it('that takes connections and never answers is given up after seconds', async () => {
    const sockets = new Set<Socket>()
    const silent = net.createServer((socket) => void sockets.add(socket.on('error', () => {})))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const startedAt = performance.now()
    const { tls: _, ...plain } = at({ port }).postgres
    const opened = [openEngine(at({ port })), openEngine({ postgres: plain })]
    for (const one of opened) await assert.rejects(one, refusedFor(/timeout/))
    assert.ok(performance.now() - startedAt < 9_000)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
})
