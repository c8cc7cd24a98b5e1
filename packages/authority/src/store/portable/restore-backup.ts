import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { appendAudit } from '../../audit/audit-log.ts'
import { changed } from '../../audit/change.ts'
import { nameChain } from '../../audit/chain.ts'
import { openEpoch } from '../../feed/epoch.ts'
import type { Engine } from '../engine.ts'
import { writeSetting } from '../setting.ts'
import type { Tables } from '../tables.ts'
import { type BackupHead, invalid } from './backup-format.ts'
import { insertRows, makeTables, migrateFilled } from './fill-store.ts'
import { readBackup } from './read-backup.ts'

export type RestoreOptions = {
  engine: Engine
  /** Absolute path. */
  file: string
  /** The deployment that it is to be of. */
  trustDomain: string
  /** The name of the authority: its chain of the audit log tells of it. */
  chain: string
  now: number
  onProgress?: (rows: number) => void
}

export type Restored = {
  readonly rows: number
  /** When the backup was made; milliseconds since 1970. */
  readonly at: number
  readonly epoch: string
  /** What lets somebody in as of the backup, and may have been revoked or used since. */
  readonly countsAgain: CountsAgain
}

export type CountsAgain = {
  readonly adminTokens: number
  readonly enrollmentTokens: number
  readonly mdmCredentials: number
}

/** No number of a list that was published since the backup is given out again (RFC 5280 §5.2.3). */
const skippedListNumbers = 1_000_000

/**
 * Fills an empty store with a backup, whole or not at all, and opens a new epoch of the feed: gateways
 * keep what they know of the one before, and tell what of it the store does not know (`sallyport feed
 * unconfirmed`), so that nothing that was revoked since comes back.
 *
 * @throws Problem `store_not_empty`, `backup_invalid`, `store_unavailable`
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  let restored: Restored | undefined
  await options.engine.alone(async (store) => {
    restored = await fillFrom(options, store)
  })
  if (restored === undefined) throw invalid('There is nothing in it', 'a backup')
  return restored
}

async function fillFrom(options: RestoreOptions, store: Kysely<Tables>): Promise<Restored> {
  const { engine, file, onProgress } = options
  let head: BackupHead | undefined
  let rows = 0
  for await (const part of readBackup(file)) {
    if (part.kind === 'head') {
      head = part.head
      refuseForeign(head, options)
      await makeTables(engine, store, head.migrations)
    } else if (part.kind === 'rows') {
      const { table, columns } = part.table
      await insertRows(
        store,
        { name: known(await tablesOf(engine, store), table), columns },
        part.rows,
      )
      rows += part.rows.length
      onProgress?.(rows)
    } else if (head !== undefined) {
      await migrateFilled(store, head.migrations)
      const countsAgain = await countAgain(store, options.now)
      const epoch = await begin(options, store, { head, rows })
      return { rows, at: head.at, epoch, countsAgain }
    }
  }
  throw invalid('The backup is cut short', 'a line that ends it')
}

const namesOf = new WeakMap<Kysely<Tables>, ReadonlySet<string>>()

async function tablesOf(engine: Engine, store: Kysely<Tables>): Promise<ReadonlySet<string>> {
  const names = namesOf.get(store) ?? new Set((await engine.tables(store)).map(({ name }) => name))
  namesOf.set(store, names)
  return names
}

function known(names: ReadonlySet<string>, table: string): string {
  if (names.has(table) && !table.startsWith('kysely_')) return table
  throw invalid(`There is no table ${table}`, 'tables of its version')
}

function refuseForeign({ trustDomain }: BackupHead, options: RestoreOptions): void {
  if (trustDomain === options.trustDomain) return
  throw invalid(`The backup is of ${trustDomain}`, `one of ${options.trustDomain}`)
}

/** What makes of restored rows a store that authorities can go on with. */
async function begin(
  { chain, now }: RestoreOptions,
  store: Kysely<Tables>,
  { head, rows }: { head: BackupHead; rows: number },
): Promise<string> {
  await writeSetting(store, 'challenge_key', randomBytes(32).toString('base64url'))
  await store
    .updateTable('revocation_scopes')
    .set((row) => ({ last_number: row('last_number', '+', skippedListNumbers) }))
    .execute()
  const { before, next } = await openEpoch(store, now)
  nameChain(store, chain)
  await appendAudit(store, {
    at: now,
    actor: 'operator',
    action: 'store.restored',
    subject: next,
    detail: { rows, backupOf: head.at, ...changed({ epoch: before }, { epoch: next }) },
  })
  return next
}

async function countAgain(store: Kysely<Tables>, now: number): Promise<CountsAgain> {
  const { adminTokens } = await store
    .selectFrom('admin_tokens')
    .select((row) => row.fn.countAll<number>().as('adminTokens'))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  const { enrollmentTokens } = await store
    .selectFrom('enrollment_tokens')
    .select((row) => row.fn.countAll<number>().as('enrollmentTokens'))
    .where('revoked_at', 'is', null)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  const { mdmCredentials } = await store
    .selectFrom('mdm_credentials')
    .select((row) => row.fn.countAll<number>().as('mdmCredentials'))
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  return {
    adminTokens: Number(adminTokens),
    enrollmentTokens: Number(enrollmentTokens),
    mdmCredentials: Number(mdmCredentials),
  }
}
