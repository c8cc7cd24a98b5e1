import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Store } from '../store/store.ts'
import type { StatusListRow, Tables } from '../store/tables.ts'
import type { Held } from './kept-document.ts'
import type { ListedSerials } from './trust-documents.ts'
import { isFromFuture } from './trust-time.ts'

/** Written at once; between two writes others find their turn. */
const maxPerWrite = 500
const settingName = 'status_list'

/** Which list the table holds. */
type RecordedList = { sha256: string; fetchedAt: number }

/** What a list changed in the table. */
export type ListChange = {
  /** Serials that entered the list, or are listed with another status. */
  readonly entered: readonly string[]
  readonly left: readonly string[]
}

/** Undefined where none was ever recorded. */
async function recordedList(store: Kysely<Tables>): Promise<RecordedList | undefined> {
  const value = await readSetting(store, settingName)
  // Written below, by us.
  return value === undefined ? undefined : (JSON.parse(value) as RecordedList)
}

/**
 * The list that the table holds, as a document: where the copy on disk is lost, it need not be fetched
 * before devices can enrol again. Undefined where there is none.
 */
export async function listFromStore(
  store: Kysely<Tables>,
): Promise<{ bytes: Buffer; fetchedAt: number; source: 'store' } | undefined> {
  const recorded = await recordedList(store)
  if (recorded === undefined) return undefined
  const entries = Object.fromEntries(await readListedSerials(store))
  const bytes = Buffer.from(JSON.stringify({ entries }))
  return { bytes, fetchedAt: recorded.fetchedAt, source: 'store' }
}

/** The entries that the table holds. */
async function readListedSerials(store: Kysely<Tables>): Promise<ListedSerials> {
  const rows = await store.selectFrom('status_list').selectAll().execute()
  return new Map(
    rows.map(({ serial, status, reason }) => [serial, { status, reason: reason ?? undefined }]),
  )
}

/**
 * Brings the table to a list, so that what is enrolled can be held against it in the store. Cut short,
 * it is finished by the next call. Of several authorities over one store the newest list counts.
 *
 * @returns undefined where nothing was to do
 */
export async function recordStatusList(
  store: Store,
  { copy, value }: Held<ListedSerials>,
  now: () => number,
): Promise<ListChange | undefined> {
  const recorded = await recordedList(store.read)
  if (copy.source === 'store' || recorded?.sha256 === copy.sha256) return undefined
  const isOlder = recorded !== undefined && copy.fetchedAt < recorded.fetchedAt
  if (isOlder && !isFromFuture(recorded.fetchedAt, now())) return undefined
  const known = await readListedSerials(store.read)
  const entered = [...value].flatMap(([serial, { status, reason }]) => {
    const before = known.get(serial)
    return before?.status === status && before.reason === reason
      ? []
      : [{ serial, status, reason: reason ?? null, isNew: before?.status !== status }]
  })
  const left = [...known.keys()].filter((serial) => !value.has(serial))
  for (let start = 0; start < entered.length; start += maxPerWrite) {
    const some = entered.slice(start, start + maxPerWrite)
    await store.write((tx) => writeEntered(tx, some, now()))
  }
  for (let start = 0; start < left.length; start += maxPerWrite) {
    const some = left.slice(start, start + maxPerWrite)
    await store.write((tx) => tx.deleteFrom('status_list').where('serial', 'in', some).execute())
  }
  const change = { entered: entered.filter(({ isNew }) => isNew).map(({ serial }) => serial), left }
  await store.write((tx) => finish(tx, copy, change, now()))
  return change
}

type Entered = Omit<StatusListRow, 'first_seen_at'> & { isNew: boolean }

async function writeEntered(
  tx: Kysely<Tables>,
  entered: readonly Entered[],
  now: number,
): Promise<void> {
  const handled = await lastHandled(tx, entered)
  const rows = entered.map(({ serial, status, reason }) => ({
    serial,
    status,
    reason,
    // After what was handled when it was listed before, whatever the clock did since.
    first_seen_at: Math.max(now, (handled.get(serial) ?? 0) + 1),
  }))
  await tx
    .insertInto('status_list')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('serial').doUpdateSet((row) => ({
        status: row.ref('excluded.status'),
        reason: row.ref('excluded.reason'),
        // Another reason alone is nothing to act on.
        first_seen_at: row
          .case()
          .when('status_list.status', '=', row.ref('excluded.status'))
          .then(row.ref('status_list.first_seen_at'))
          .else(row.ref('excluded.first_seen_at'))
          .end(),
      })),
    )
    .execute()
}

async function lastHandled(
  tx: Kysely<Tables>,
  entered: readonly Entered[],
): Promise<ReadonlyMap<string, number>> {
  const serials = entered.map(({ serial }) => serial)
  const rows = await tx
    .selectFrom('attestation_serials')
    .select((column) => ['serial', column.fn.max('handled_at').as('last')])
    .where('serial', 'in', serials)
    .where('handled_at', 'is not', null)
    .groupBy('serial')
    .execute()
  return new Map(rows.map(({ serial, last }) => [serial, Number(last)]))
}

async function finish(
  tx: Kysely<Tables>,
  { sha256, fetchedAt, source }: Held<ListedSerials>['copy'],
  { entered, left }: ListChange,
  now: number,
): Promise<void> {
  const before = await recordedList(tx)
  const value = JSON.stringify({ sha256, fetchedAt } satisfies RecordedList)
  await writeSetting(tx, settingName, value)
  await appendAudit(tx, {
    at: now,
    actor: 'authority',
    action: 'status-list.taken-up',
    subject: sha256,
    detail: {
      source,
      fetchedAt,
      entered: entered.length,
      left: left.length,
      ...changed({ sha256: before?.sha256 ?? null }, { sha256 }),
    },
  })
}
