import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { Pool } from 'pg'
import type { Engine } from '../engine.ts'
import { workAlone } from './alone.ts'
import { watchPostgresCommits } from './commits.ts'
import { connect, connectionOptions } from './connections.ts'
import { kyselyClient, postgresStore } from './dialect.ts'
import type { PostgresLocation } from './location.ts'
import { postgresRows, postgresTables } from './rows.ts'
import { postgresError } from './store-error.ts'
import { postgresWriter } from './writer.ts'

const reading = { statementMs: 15_000, lockMs: 10_000 }
/**
 * Opens a database of PostgreSQL.
 *
 * @throws Problem `store_unavailable` where there is none, it is a replica, or its encoding is not UTF8
 */
export async function openPostgres(location: PostgresLocation): Promise<Engine> {
  const instance = randomUUID()
  const writer = postgresWriter(location, instance)
  const pool = readingPool(location)
  const read = postgresStore(
    async () => {
      try {
        const client = await pool.connect()
        return kyselyClient(client, (destroy) => client.release(destroy))
      } catch (error) {
        throw postgresError(error)
      }
    },
    () => pool.end(),
  )
  await (await connect(location, reading)).end()
  return {
    kind: 'postgres',
    read,
    writer,
    clock: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    snapshotRead: (work) =>
      read
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(work),
    async hasTable(name) {
      const query = sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`
      return (await query.execute(read)).rows[0]?.found === true
    },
    tables: postgresTables,
    rows: postgresRows,
    alone: (work) => workAlone(location, work),
    watchCommits: (heard) => watchPostgresCommits(location, instance, heard),
    scrub: () => Promise.resolve(false),
    async close() {
      await writer.close()
      await read.destroy()
    },
  }
}

function readingPool(location: PostgresLocation): Pool {
  const pool = new Pool({
    ...connectionOptions(location, reading, ['default_transaction_read_only=on']),
    max: location.maxConnections,
    idleTimeoutMillis: 30_000,
  })
  // A connection that is lost while nobody uses it is replaced; one in use fails its statement.
  const ignore = () => {}
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}
