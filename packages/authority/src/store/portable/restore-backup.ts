import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { appendAudit, type AuditRow } from '../../audit/audit-log.ts'
import { changed } from '../../audit/change.ts'
import { nameChain } from '../../audit/chain.ts'
import { endAgain, type EndedAgain } from '../../endings/end-again.ts'
import {
  countCredentials,
  type CredentialCounts,
  endCredentialsOf,
} from '../../endings/end-credentials.ts'
import type { EndingContext } from '../../endings/ending.ts'
import { noteHeads } from '../../endings/follow-log.ts'
import { LaterRows } from '../../endings/later-rows.ts'
import { openEpoch } from '../../feed/epoch.ts'
import type { Engine } from '../engine.ts'
import { writeSetting } from '../setting.ts'
import type { Tables } from '../tables.ts'
import { type BackupHead, invalid } from './backup-format.ts'
import { insertRows, makeTables, migrateFilled } from './fill-store.ts'
import { readBackup } from './read-backup.ts'
import { tryAlone } from './try-alone.ts'

export type RestoreOptions = {
  engine: Engine
  /** Absolute path. */
  file: string
  /** The deployment that it is to be of. */
  trustDomain: string
  /** The name of the authority: its chain of the audit log tells of it. */
  chain: string
  now: number
  /** What of the backup lets people and new devices in goes on doing so; else it ends, but for `adminToken`. */
  keepCredentials: boolean
  /** The text of the admin token of whoever restores. */
  adminToken?: string | undefined
  /** Absolute paths: the audit log of what happened since, as it was exported. What ended by it ends again. */
  auditFiles?: readonly string[]
  /** Does all of it, and keeps nothing. */
  isTrial?: boolean
  onProgress?: (rows: number) => void
  /** Told of rows of these files that cannot be done again, and why. */
  onTold?: (row: AuditRow, why: string) => void
}

export type Restored = {
  readonly rows: number
  /** When the backup was made; milliseconds since 1970. */
  readonly at: number
  readonly epoch: string
  /** What lets somebody in, and may have been revoked or used since: as of the backup, and when all was done. */
  readonly countedThen: CredentialCounts
  readonly countsAgain: CredentialCounts
  /** Undefined where no file was given. */
  readonly endedAgain: EndedAgain | undefined
}

/** No number of a list that was published since the backup is given out again (RFC 5280 §5.2.3). */
const skippedListNumbers = 1_000_000

/**
 * Fills an empty store with a backup, whole or not at all, and opens a new epoch of the feed: gateways
 * keep what they know of the one before, and tell what of it the store does not know (`sallyport feed
 * unconfirmed`), so that nothing that was revoked since comes back.
 *
 * What ended since is ended again, as far as files of the audit log tell of it; what lets somebody in ends unless it
 * is to be kept.
 *
 * @throws Problem `store_not_empty`, `backup_invalid`, `audit_file_invalid`, `store_unavailable`
 */
export function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { engine, isTrial = false } = options
  return tryAlone(engine, isTrial, (store) => fillFrom(options, store))
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
      const files = options.auditFiles ?? []
      const heads = await noteHeads(store)
      const later = files.length === 0 ? undefined : await LaterRows.open(store, files, heads)
      const countedThen = await countCredentials(store, options.now)
      const epoch = await begin(options, store, { head, rows })
      const endedAgain = later && (await endAgain(contextOf(options, store), later))
      const { keepCredentials, adminToken: inHand, now } = options
      if (!keepCredentials) await endCredentialsOf(store, { inHand, now })
      const countsAgain = await countCredentials(store, now)
      return { rows, at: head.at, epoch, countedThen, countsAgain, endedAgain }
    }
  }
  throw invalid('The backup is cut short', 'a line that ends it')
}

function contextOf({ now, onTold }: RestoreOptions, store: Kysely<Tables>): EndingContext {
  return { store, now, tell: (row, why) => onTold?.(row, why) }
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
