import type { Kysely } from 'kysely'
import type { Client } from 'pg'
import type { Writer } from '../engine.ts'
import type { Tables } from '../tables.ts'
import { connect, drop } from './connections.ts'
import { kyselyClient, postgresStore } from './dialect.ts'
import type { PostgresLocation } from './location.ts'
import { type LockNames, lockNames } from './lock-names.ts'
import { postgresError } from './store-error.ts'

const patience = { statementMs: 15_000, lockMs: 10_000 }

/** `close` ends the connection. */
export type PostgresWriter = Writer & { close(): Promise<void> }

/**
 * Transactions of PostgreSQL that run one after the other, over all authorities: each begins with the
 * lock. Isolation is READ COMMITTED, so that what follows the lock sees all that its last holder
 * committed. A connection that failed in any way is not used again: the next transaction has a new one.
 *
 * @param instance names this authority to itself in notifications
 */
export function postgresWriter(location: PostgresLocation, instance: string): PostgresWriter {
  const names = lockNames(location.schema)
  let client: Client | undefined
  let open: Session | undefined
  const session = (): Session => {
    if (open === undefined) throw new TypeError('There is no transaction')
    return open
  }
  const store: Kysely<Tables> = postgresStore(
    () => Promise.resolve(session().kysely),
    () => Promise.resolve(),
  )
  const lose = () => {
    if (client !== undefined) drop(client)
    client = open = undefined
  }
  const begin = async () => {
    const isUsed = client !== undefined
    client ??= await connect(location, patience)
    open = sessionOf(client)
    try {
      await open.run(beginWith(names))
    } catch (error) {
      lose()
      // It was lost while nobody used it, and nothing was asked of it: another one does as well.
      if (isUsed) return begin()
      throw error
    }
  }
  return {
    store,
    // Beyond 64 of them PostgreSQL looks each up on disk (PGPROC_MAX_CACHED_SUBXIDS), at a cost to every reader.
    maxWritesPerGroup: 60,
    begin,
    async savepoint() {
      const current = session()
      if (current.isWritten) await current.run('release savepoint one; savepoint one')
      // Until it is kept or undone.
      current.isWritten = true
    },
    // Released by the next one, or by COMMIT: an answer less to wait for.
    keep: () => {},
    async undo() {
      const current = session()
      await current.run('rollback to savepoint one')
      current.isWritten = false
    },
    async commit() {
      await session().run(`select pg_notify('${names.channel}', '${instance}'); commit`)
      open = undefined
    },
    abandon: lose,
    async close() {
      const ended = client
      client = undefined
      await ended?.end()
    },
  }
}

type Session = {
  kysely: ReturnType<typeof kyselyClient>
  /** Whether anything was written since the savepoint, which there is from the beginning. */
  isWritten: boolean
  run(sql: string): Promise<void>
}

function sessionOf(client: Client): Session {
  return {
    kysely: kyselyClient(client, () => {}),
    isWritten: false,
    async run(sql) {
      try {
        await client.query(sql)
      } catch (error) {
        throw postgresError(error)
      }
    },
  }
}

function beginWith({ group, write }: LockNames): string {
  return `begin isolation level read committed; select pg_advisory_xact_lock(${group}, ${write}); savepoint one`
}
