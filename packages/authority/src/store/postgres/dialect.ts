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
import { prepareNoMore, preparedName } from './prepared-names.ts'
import { isStalePlan, postgresError } from './store-error.ts'

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
      return (await ask(client, text, values)) as unknown as PostgresQueryResult<R>
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

/** Another version may bring the tables to its own while this one goes on: then once more, unprepared. */
async function ask(client: ClientBase, text: string, given: readonly unknown[]) {
  const values = [...given]
  try {
    return await client.query({ ...preparedName(client, text), text, values })
  } catch (error) {
    if (!isStalePlan(error)) throw error
    prepareNoMore(client)
    // Within a transaction this fails as well: the whole of it is asked again by whoever asked.
    return await client.query({ text, values }).catch(() => Promise.reject(error))
  }
}
