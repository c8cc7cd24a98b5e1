import { type Kysely, sql } from 'kysely'
import type { Row, TableShape } from '../engine.ts'
import { shapesOf } from '../parents-first.ts'
import type { Tables } from '../tables.ts'

const perRound = 500

const columnsOf = sql<{
  table: string
  column: string
}>`select t.name as "table", c.name as "column"
  from sqlite_schema as t, pragma_table_info(t.name) as c
  where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid`
const references = sql<{
  table: string
  parent: string
}>`select t.name as "table", f."table" as parent
  from sqlite_schema as t, pragma_foreign_key_list(t.name) as f where t.type = 'table'`

/** `Engine.tables` of SQLite. */
export async function sqliteTables(store: Kysely<Tables>): Promise<readonly TableShape[]> {
  const { rows: columns } = await columnsOf.execute(store)
  const { rows: parents } = await references.execute(store)
  return shapesOf(columns, parents)
}

/** `Engine.rows` of SQLite: in the order of `rowid`, which every table of ours has. */
export async function* sqliteRows(
  store: Kysely<Tables>,
  { name, columns }: TableShape,
): AsyncGenerator<readonly Row[]> {
  const list = sql.join(columns.map((column) => sql.ref(column)))
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const query = sql<Row & { sallyport_rowid: number }>`select rowid as sallyport_rowid, ${list}
      from ${sql.table(name)} where rowid > ${after} order by rowid limit ${perRound}`
    const { rows } = await query.execute(store)
    const last = rows.at(-1)
    if (last === undefined) return
    // The column beside those that were asked for is passed over by their names.
    yield rows
    after = last.sallyport_rowid
  }
}
