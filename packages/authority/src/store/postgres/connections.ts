import { isIP } from 'node:net'
import { Problem } from '@sallyport/problem'
import { Client, type ClientConfig, types } from 'pg'
import type { PostgresLocation } from './location.ts'
import { postgresError } from './store-error.ts'

/** How long the server lets a connection wait and work; milliseconds. Zero: without end. */
export type Patience = {
  /** One statement. */
  readonly statementMs: number
  /** One lock. */
  readonly lockMs: number
}

/** An authority that froze amid a transaction holds up all others for no longer. */
const idleInTransactionMs = 10_000
const connectMs = 5_000
/** The answer of a server that is gone is waited for a little longer than the server works on it. */
const answerMs = 2_000

/** What a connection is made with. */
export function connectionOptions(
  location: PostgresLocation,
  { statementMs, lockMs }: Patience,
  settings: readonly string[] = [],
): ClientConfig {
  const { host, port, database, user, password, schema, tls } = location
  return {
    host,
    port,
    database,
    user,
    password,
    // Of an address, node-postgres would have TLS verify the name `localhost`.
    ssl:
      tls === undefined
        ? false
        : { ...tls, minVersion: 'TLSv1.2', ...(isIP(host) === 0 ? {} : { host }) },
    application_name: 'sallyport',
    options: [`search_path=${schema}`, 'client_min_messages=warning', ...settings]
      .map((setting) => `-c ${setting}`)
      .join(' '),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    types: { getTypeParser },
    ...(lockMs === 0 ? {} : { lock_timeout: lockMs }),
    ...(statementMs === 0
      ? {}
      : { statement_timeout: statementMs, query_timeout: statementMs + answerMs }),
  }
}

const { builtins } = types
/** Integers of 64 bits, and what sums of them become. */
const integers: ReadonlySet<number> = new Set([builtins.INT8, builtins.NUMERIC])

type TypeId = Parameters<typeof types.getTypeParser>[0]

function getTypeParser(oid: TypeId, format?: 'text' | 'binary') {
  if (integers.has(oid)) return safeInteger
  return format === 'binary' ? types.getTypeParser(oid, 'binary') : types.getTypeParser(oid, 'text')
}

/** @throws RangeError where it is beyond 2^53, as node:sqlite does */
function safeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`Value is too large to be represented as a JavaScript number: ${text}`)
}

/**
 * A connection that can write, until `end`. That it was lost is found out by the next statement.
 *
 * @throws Problem `store_unavailable` where there is none, or only a replica
 */
export async function connect(
  location: PostgresLocation,
  patience: Patience,
  settings?: readonly string[],
): Promise<Client> {
  const client = new Client(connectionOptions(location, patience, settings))
  // Without a listener, the loss of a connection that nobody uses would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await refuseUnfit(client)
    return client
  } catch (error) {
    drop(client)
    throw postgresError(error)
  }
}

/** Ends a connection without waiting for anything. */
export function drop(client: Client): void {
  client.end().catch(() => {})
}

/** A replica, and a database that cannot hold every text, are refused before anything is read. */
async function refuseUnfit(client: Client): Promise<void> {
  const { rows } = await client.query<Fitness>(
    `select pg_is_in_recovery() as replica, current_setting('server_encoding') as encoding,
      current_setting('server_version_num')::int as version,
      set_config('synchronous_commit',
        case current_setting('synchronous_commit') when 'off' then 'on'
          else current_setting('synchronous_commit') end, false)`,
  )
  const found = rows[0]
  if (found === undefined) throw new Error('PostgreSQL answered nothing')
  const unfit = unfitness.find(({ is }) => is(found))
  if (unfit === undefined) return
  const { expected, said } = unfit
  throw new Problem('store_unavailable', { expected, found: said(found) })
}

type Fitness = { replica: boolean; encoding: string; version: number }

const leastVersion = 130_000

const unfitness: readonly {
  is: (found: Fitness) => boolean
  expected: string
  said: (found: Fitness) => string
}[] = [
  {
    is: ({ version }) => version < leastVersion,
    expected: 'PostgreSQL 13 or later',
    said: ({ version }) => `version ${Math.floor(version / 10_000)}`,
  },
  {
    is: ({ replica }) => replica,
    expected: 'the primary server of PostgreSQL',
    said: () => 'a replica: it cannot be written',
  },
  {
    is: ({ encoding }) => encoding !== 'UTF8',
    expected: "a database with encoding 'UTF8'",
    said: ({ encoding }) => encoding,
  },
]
