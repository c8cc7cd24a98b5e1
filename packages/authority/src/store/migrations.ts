import { isProblem, Problem } from '@sallyport/problem'
import { type Kysely, sql } from 'kysely'
import type { Engine } from './engine.ts'
import { up as initial } from './migrations/001-initial.ts'
import { up as forkedAt } from './migrations/002-forked-at.ts'
import { up as attestation } from './migrations/003-attestation.ts'
import { up as appAttestReceipts } from './migrations/004-app-attest-receipts.ts'
import { up as invalidations } from './migrations/005-invalidations.ts'
import { up as shadow } from './migrations/006-shadow.ts'
import { up as gatewayBlocks } from './migrations/007-gateway-blocks.ts'
import { up as issuerLanes } from './migrations/008-issuer-lanes.ts'
import { up as publishedStatus } from './migrations/009-published-status.ts'
import { up as protocols } from './migrations/010-protocols.ts'
import { up as signedFeed } from './migrations/011-signed-feed.ts'
import { up as leases } from './migrations/012-leases.ts'
import { up as auditChains } from './migrations/013-audit-chains.ts'
import { up as people } from './migrations/014-people.ts'
import { up as acme } from './migrations/015-acme.ts'
import { up as scep } from './migrations/016-scep.ts'
import { up as proposals } from './migrations/017-proposals.ts'
import { up as usedIdTokens } from './migrations/018-used-id-tokens.ts'
import { up as personalValues } from './migrations/019-personal-values.ts'
import { up as forgetting } from './migrations/020-forgetting.ts'
import { up as webhooks } from './migrations/021-webhooks.ts'
import { up as auditByActor } from './migrations/022-audit-by-actor.ts'
import { up as assertionKeys } from './migrations/023-assertion-keys.ts'
import { up as madeBy } from './migrations/024-made-by.ts'
import { up as gatewayRevokedAt } from './migrations/025-gateway-revoked-at.ts'
import { up as certificatesByEnd } from './migrations/026-certificates-by-end-additive.ts'
import { up as askedBy } from './migrations/027-asked-by-additive.ts'
import { up as auditByTime } from './migrations/028-audit-by-time-additive.ts'
import { up as revocationsByIssuer } from './migrations/029-revocations-by-issuer-additive.ts'
import { up as lists } from './migrations/030-lists-additive.ts'
import type { Tables } from './tables.ts'

/**
 * In order. A migration that was released is never changed: what it got wrong, the next one mends. All of
 * them say `text`, `integer`, `bigint` and `blob`; PostgreSQL makes of that what is the same there.
 *
 * A name that ends in `-additive` says that authorities of the version before may go on beside those of the
 * new one: the tables and columns that are new may stay empty, and whatever they write without knowing of them
 * is right. After any other, they write no more.
 */
const migrations: Readonly<Record<string, { up: (store: Kysely<Tables>) => Promise<void> }>> = {
  '001-initial': { up: initial },
  '002-forked-at': { up: forkedAt },
  '003-attestation': { up: attestation },
  '004-app-attest-receipts': { up: appAttestReceipts },
  '005-invalidations': { up: invalidations },
  '006-shadow': { up: shadow },
  '007-gateway-blocks': { up: gatewayBlocks },
  '008-issuer-lanes': { up: issuerLanes },
  '009-published-status': { up: publishedStatus },
  '010-protocols': { up: protocols },
  '011-signed-feed': { up: signedFeed },
  '012-leases': { up: leases },
  '013-audit-chains': { up: auditChains },
  '014-people': { up: people },
  '015-acme': { up: acme },
  '016-scep': { up: scep },
  '017-proposals': { up: proposals },
  '018-used-id-tokens': { up: usedIdTokens },
  '019-personal-values': { up: personalValues },
  '020-forgetting': { up: forgetting },
  '021-webhooks': { up: webhooks },
  '022-audit-by-actor': { up: auditByActor },
  '023-assertion-keys': { up: assertionKeys },
  '024-made-by': { up: madeBy },
  '025-gateway-revoked-at': { up: gatewayRevokedAt },
  '026-certificates-by-end-additive': { up: certificatesByEnd },
  '027-asked-by-additive': { up: askedBy },
  '028-audit-by-time-additive': { up: auditByTime },
  '029-revocations-by-issuer-additive': { up: revocationsByIssuer },
  '030-lists-additive': { up: lists },
}

/** Names and times of what was done. Named for the library that once kept it. */
export const doneTable = 'kysely_migration'

/** Of this version, in order. */
export const migrationNames: readonly string[] = Object.keys(migrations)

export function hasMigration(name: string): boolean {
  return Object.hasOwn(migrations, name)
}

/** Whether authorities that never heard of a migration may go on after it. */
export const isAdditive = (name: string): boolean => name.endsWith('-additive')

/** Migrations that a store has, and those that it lacks. */
export type MigrationState = {
  readonly done: readonly string[]
  readonly missing: readonly string[]
}

/** @throws Problem `store_unavailable` where the store is of a newer version */
export async function migrationState({ hasTable, read }: Engine): Promise<MigrationState> {
  return stateOf((await hasTable(doneTable)) ? await doneMigrations(read) : [])
}

/**
 * Brings the tables to this version, whole or not at all. Of several authorities that start at once one
 * does it, and the others wait.
 *
 * @returns the names of the migrations that were done
 * @throws Problem `store_unavailable` where the store is of a newer version, or cannot be written
 */
export async function migrateStore(engine: Engine): Promise<readonly string[]> {
  if ((await migrationState(engine)).missing.length === 0) return []
  let done: readonly string[] = []
  await engine.alone(async (store) => {
    await createDoneTable(store)
    // Again, now that nobody else is at it.
    const { missing } = stateOf(await doneMigrations(store))
    for (const name of missing) await migrateOne(store, name)
    done = missing
  })
  return done
}

function stateOf(done: readonly string[]): MigrationState {
  refuseUnknown(done)
  return { done, missing: migrationNames.filter((name) => !done.includes(name)) }
}

/**
 * Asked at the begin of each transaction, under the lock that migrations take as well: an authority that goes
 * on beside one of a newer version writes nothing into tables that it does not know.
 *
 * @throws Problem `store_unavailable`
 */
export async function refuseNewerTables(store: Kysely<Tables>): Promise<void> {
  const newest = migrationNames.at(-1) ?? ''
  const later = sql<{ name: string }>`
    select name from ${sql.table(doneTable)} where name > ${newest} order by name`
  refuseUnknown((await later.execute(store)).rows.map(({ name }) => name))
}

function refuseUnknown(done: readonly string[]): void {
  const newer = done.filter((name) => !hasMigration(name) && !isAdditive(name))
  if (newer.length === 0) return
  throw new Problem('store_unavailable', {
    detail:
      'The store is of a newer version of Sallyport. Run that version, or restore a backup from before it',
    expected: `tables up to ${migrationNames.at(-1)}`,
    found: newer.join(', '),
  })
}

export async function createDoneTable({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable(doneTable)
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('timestamp', 'text', (column) => column.notNull())
    .execute()
}

async function doneMigrations(store: Kysely<Tables>): Promise<string[]> {
  const names = sql<{ name: string }>`select name from ${sql.table(doneTable)} order by name`
  return (await names.execute(store)).rows.map(({ name }) => name)
}

/** Does one of them, and notes it. */
export async function migrateOne(store: Kysely<Tables>, name: string): Promise<void> {
  const { up } = migrations[name] ?? {}
  try {
    await up?.(store)
    const at = new Date().toISOString()
    await sql`insert into ${sql.table(doneTable)} (name, timestamp) values (${name}, ${at})`.execute(
      store,
    )
  } catch (cause) {
    if (isProblem(cause)) throw cause
    const said = cause instanceof Error ? cause.message : 'no reason given'
    throw new Problem('store_unavailable', {
      detail: `The tables of the store could not be brought to this version, at ${name}: ${said}`,
      cause,
    })
  }
}
