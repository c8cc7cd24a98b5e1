import { type Kysely, sql } from 'kysely'
import type { Authority } from '../authority.ts'
import { addressesAfterMs } from '../config/privacy-config.ts'
import { exactHash } from '../audit/commitment.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Tables } from '../store/tables.ts'
import { truncateAddress } from '../audit/truncate-address.ts'

/** So that no other write waits long. */
const rowsPerWrite = 500
/** Rows are written out of order where a clock was set back by so much. */
const overlapMs = 24 * 3_600_000

type Row = Readonly<Record<string, string | number | null>>

/** A table with addresses, and what becomes of a row of it. */
export type AddressTable = {
  readonly table: keyof Tables
  readonly key: string
  readonly time: string
  readonly columns: readonly string[]
  /** The columns as they are to be; those that stay are left out. */
  readonly truncate: (row: Row) => Readonly<Record<string, string | null>>
}

/** Every place that an address lies in, but for the audit log's own, which proves what it leaves. */
export const addressTables: readonly AddressTable[] = [
  {
    table: 'devices',
    key: 'id',
    time: 'enrolled_at',
    columns: ['enrolled_from', 'enrolled_network'],
    // What enrolments are counted by, for a day at most, is not needed after that.
    truncate: (row) => ({ ...shorter(row, 'enrolled_from'), ...dropped(row, 'enrolled_network') }),
  },
  {
    table: 'approvals',
    key: 'id',
    time: 'requested_at',
    columns: ['address'],
    truncate: (row) => shorter(row, 'address'),
  },
  {
    table: 'appraisals',
    key: 'id',
    time: 'at',
    columns: ['address'],
    truncate: (row) => shorter(row, 'address'),
  },
  ...(['decisions', 'handshakes'] as const).map(
    (table): AddressTable => ({
      table,
      key: table === 'decisions' ? 'request_id' : 'id',
      time: 'at',
      columns: ['address', 'body'],
      truncate: (row) => ({ ...shorter(row, 'address'), ...shorterIn(row, 'body') }),
    }),
  ),
]

function shorter(row: Row, column: string) {
  const address = row[column]
  if (typeof address !== 'string') return {}
  const network = truncateAddress(address)
  return network === address ? {} : { [column]: network }
}

function dropped(row: Row, column: string) {
  return row[column] === null ? {} : { [column]: null }
}

/** JSON of a record: its address also stands in what a stage found. */
function shorterIn(row: Row, column: string) {
  const text = String(row[column])
  const { address } = JSON.parse(text) as { address?: unknown }
  if (typeof address !== 'string') return {}
  const network = truncateAddress(address)
  return network === address ? {} : { [column]: text.replaceAll(address, network) }
}

type Part = Pick<Authority, 'store' | 'config' | 'now'>

/**
 * Leaves of addresses that are older than the configuration says nothing but their networks: of the rows that
 * were not looked at before, some at a time, so that other writes find their turn.
 */
export async function truncateAddresses(
  part: Part,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const afterMs = addressesAfterMs(part.config.authority.privacy)
  if (afterMs === undefined) return
  const before = part.now() - afterMs
  for (const table of addressTables) await truncateTable(part, table, { before, signal })
  while (!signal.aborted && (await part.store.write((tx) => truncateTold(tx, before)))) {
    // The next ones: each write takes some.
  }
}

type Until = { before: number; signal: AbortSignal }

async function truncateTable(
  { store }: Part,
  table: AddressTable,
  { before, signal }: Until,
): Promise<void> {
  const setting = `addresses_truncated:${table.table}`
  const done = Number((await readSetting(store.read, setting)) ?? -Infinity)
  let last: { time: number; key: string } = { time: done - overlapMs, key: '' }
  while (!signal.aborted) {
    const rows = await nextRows(store.read, table, { last, before })
    const changes = rows.flatMap((row) => {
      const change = table.truncate(row)
      return Object.keys(change).length === 0 ? [] : [{ key: String(row[table.key]), change }]
    })
    if (changes.length > 0) {
      await store.write(async (tx) => {
        for (const { key, change } of changes) await update(tx, table, key, change)
      })
    }
    const end = rows.at(-1)
    if (end !== undefined) last = { time: Number(end[table.time]), key: String(end[table.key]) }
    if (rows.length < rowsPerWrite) break
  }
  if (signal.aborted || (done >= before - overlapMs && done <= before)) return
  await store.write((tx) => writeSetting(tx, setting, String(before)))
}

async function nextRows(
  store: Kysely<Tables>,
  { table, key, time, columns }: AddressTable,
  { last, before }: { last: { time: number; key: string }; before: number },
): Promise<readonly Row[]> {
  const [keyColumn, timeColumn] = [sql.ref(key), sql.ref(time)]
  const from = Math.max(last.time, 0)
  const { rows } =
    await sql<Row>`select ${sql.join([...new Set([key, time, ...columns])].map((name) => sql.ref(name)))}
    from ${sql.table(table)}
    where ${timeColumn} >= ${from} and ${timeColumn} < ${before}
      and (${timeColumn} > ${from} or ${keyColumn} > ${last.key})
    order by ${timeColumn}, ${keyColumn} limit ${rowsPerWrite}`.execute(store)
  return rows
}

async function update(
  tx: Kysely<Tables>,
  { table, key }: AddressTable,
  id: string,
  change: Readonly<Record<string, string | null>>,
): Promise<void> {
  const sets = Object.entries(change).map(([name, value]) => sql`${sql.ref(name)} = ${value}`)
  await sql`update ${sql.table(table)} set ${sql.join(sets)} where ${sql.ref(key)} = ${id}`.execute(
    tx,
  )
}

/** Of what the audit log tells, the commitment to the whole address is left. Says whether there may be more. */
async function truncateTold(tx: Kysely<Tables>, before: number): Promise<boolean> {
  const rows = await tx
    .selectFrom('personal_values')
    .select(['chain', 'seq', 'place', 'exact', 'exact_salt'])
    .where('exact_at', '<', before)
    .limit(rowsPerWrite)
    .execute()
  for (const { chain, seq, place, exact, exact_salt } of rows) {
    await tx
      .updateTable('personal_values')
      .set({
        exact: null,
        exact_salt: null,
        exact_at: null,
        exact_hash: exactHash({ salt: exact_salt ?? '', value: exact ?? '' }),
      })
      .where('chain', '=', chain)
      .where('seq', '=', seq)
      .where('place', '=', place)
      .execute()
  }
  return rows.length === rowsPerWrite
}
