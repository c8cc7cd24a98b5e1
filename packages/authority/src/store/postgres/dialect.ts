import {
  Kysely,
  type KyselyPlugin,
  type PostgresClient,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import type { ClientBase } from 'pg'
import type { Tables } from '../tables.ts'
import { postgresError } from './store-error.ts'

/** Kysely over connections that something else looks after. */
export function postgresStore(
  connect: () => Promise<PostgresPoolClient>,
  end: () => Promise<void>,
  plugins: KyselyPlugin[] = [],
): Kysely<Tables> {
  const pool: PostgresPool = { options: {}, connect, end }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins })
}

/** A connection as Kysely asks it, whose every failure is one of ours. */
export function kyselyClient(
  client: ClientBase,
  release: (destroy?: boolean) => void,
): PostgresPoolClient {
  let failed = false
  const query = async <R>(text: string, values: readonly unknown[]) => {
    try {
      const result = await client.query({ text, values: [...values] })
      return result as unknown as PostgresQueryResult<R>
    } catch (error) {
      const problem = postgresError(error)
      failed ||= problem !== error
      throw problem
    }
  }
  return {
    // Nothing of ours streams over Kysely.
    query: query as PostgresClient['query'],
    // What may be of use no more is not handed to the next.
    release: (destroy = false) => release(destroy || failed),
  }
}
