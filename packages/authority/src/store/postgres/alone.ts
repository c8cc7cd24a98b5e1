import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Engine } from '../engine.ts'
import { connect } from './connections.ts'
import { kyselyClient, postgresStore } from './dialect.ts'
import type { PostgresLocation } from './location.ts'
import { lockNames } from './lock-names.ts'
import { portableTypes } from './portable-types.ts'
import { isInTheWay, postgresError } from './store-error.ts'

/** Another authority may be at it, over tables with many rows. */
const patience = { statementMs: 0, lockMs: 120_000 }
/**
 * Whoever waits for a table that is read, a backup say, has all who come later wait behind him
 * (https://www.postgresql.org/docs/current/explicit-locking.html): so nobody waits for longer.
 */
const tableMs = 1_000
/** In between the others read, and write. */
const pauseMs = 2_000

type Work = Parameters<Engine['alone']>[0]

/**
 * As `Engine.alone`: one transaction with both locks, and again from the beginning while others that read are
 * in its way, for two minutes.
 *
 * @throws Problem `store_unavailable`; what the work throws
 */
export async function workAlone(location: PostgresLocation, work: Work): Promise<void> {
  const latest = performance.now() + patience.lockMs
  for (;;) {
    try {
      return await workOnce(location, work)
    } catch (error) {
      if (!isInTheWay(error) || performance.now() > latest) throw error
    }
    await pause(pauseMs)
  }
}

async function workOnce(location: PostgresLocation, work: Work): Promise<void> {
  const client = await connect(location, patience)
  const store = postgresStore(
    () => Promise.resolve(kyselyClient(client, () => {})),
    () => Promise.resolve(),
    [portableTypes()],
  )
  const { group, migrate, write } = lockNames(location.schema)
  try {
    await client.query(`begin; select pg_advisory_xact_lock(${group}, ${migrate})`)
    await client.query(`select pg_advisory_xact_lock(${group}, ${write})`)
    await client.query(`set local lock_timeout = ${tableMs}`)
    await ensureSchema(client, location.schema)
    await work(store)
    await client.query('commit')
  } catch (error) {
    throw postgresError(error)
  } finally {
    // With the connection ends what was not committed.
    await client.end()
  }
}

/** Where it is there, no privilege is needed to make it. */
async function ensureSchema(client: Client, schema: string): Promise<void> {
  const found = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  if (found.rowCount === 0) await client.query(`create schema ${schema}`)
}
