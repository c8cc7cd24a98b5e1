import type { Kysely } from 'kysely'
import type { AuditRow } from '../audit/audit-log.ts'
import { openRows } from '../audit/read-audit.ts'
import type { Tables } from '../store/tables.ts'
import type { StoredForm } from './find-user.ts'
import { told } from './told-of.ts'

/** Of each kind so many rows; an export that has more says so. */
const mostRows = 1_000

/** Rows as they are stored, of tables that concern a user: bytes as base64. */
export type StoredRow = Readonly<Record<string, string | number | null>>

export type ExportedUser = {
  readonly tables: Readonly<Record<string, readonly StoredRow[]>>
  readonly audit: readonly AuditRow[]
  /** Names of tables that have more rows than these. */
  readonly cut: readonly string[]
}

type OfDevices =
  | 'certificates'
  | 'appraisals'
  | 'decisions'
  | 'exchanged_sessions'
  | 'app_attest_keys'
const ofDevices: readonly OfDevices[] = [
  'certificates',
  'appraisals',
  'decisions',
  'exchanged_sessions',
  'app_attest_keys',
]

/** Everything that the store holds of a user, at one point in time, for whoever asks what is kept of them. */
export async function exportUser(
  store: Kysely<Tables>,
  { id, forms }: { id: string; forms: readonly StoredForm[] },
): Promise<ExportedUser> {
  const ofUser = (table: 'devices' | 'approvals') =>
    store
      .selectFrom(table)
      .selectAll()
      .where((row) => row.or(forms.map((form) => row.and(form))))
      .orderBy('id')
      .limit(mostRows + 1)
      .execute()
  const [devices, approvals] = [await ofUser('devices'), await ofUser('approvals')]
  const ids = devices.map(({ id }) => id)
  const found: Record<string, readonly object[]> = { devices, approvals }
  for (const table of ofDevices) {
    found[table] =
      ids.length === 0
        ? []
        : await store
            .selectFrom(table)
            .selectAll()
            .where('device_id', 'in', ids)
            .limit(mostRows + 1)
            .execute()
  }
  const about = [...ids, ...approvals.map(({ id }) => id)]
  const audit = await toldRows(store, await told(store, { id, about }))
  const tables = Object.entries(found).map(
    ([name, rows]) => [name, rows.slice(0, mostRows)] as const,
  )
  return {
    tables: Object.fromEntries(tables.map(([name, rows]) => [name, rows.map(written)])),
    audit: audit.slice(0, mostRows),
    cut: Object.entries({ ...found, audit })
      .filter(([, rows]) => rows.length > mostRows)
      .map(([name]) => name),
  }
}

async function toldRows(
  store: Kysely<Tables>,
  rows: Awaited<ReturnType<typeof told>>,
): Promise<AuditRow[]> {
  const opened: AuditRow[] = []
  for (const { chain, seqs } of rows) {
    if (opened.length > mostRows) break
    const some = store.selectFrom('audit').selectAll().where('chain', '=', chain)
    const found = await some.where('seq', 'in', seqs).orderBy('seq').execute()
    opened.push(...(await openRows(store, found)))
  }
  return opened
}

function written(row: object): StoredRow {
  const cells = Object.entries(row) as [string, string | number | null | Uint8Array][]
  return Object.fromEntries(
    cells.map(([name, cell]) => [
      name,
      cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell,
    ]),
  )
}
