import { type Kysely, sql } from 'kysely'
import type { Row, TableShape } from '../engine.ts'
import { shapesOf } from '../parents-first.ts'
import type { Tables } from '../tables.ts'

const perRound = 500

const columnsOf = sql<{ table: string; column: string }>`select table_name as "table",
    column_name as "column" from information_schema.columns
  where table_schema = current_schema() order by table_name, ordinal_position`
const references = sql<{ table: string; parent: string }>`select c.relname as "table",
    p.relname as parent from pg_constraint as f
  join pg_class as c on c.oid = f.conrelid join pg_class as p on p.oid = f.confrelid
  where f.contype = 'f' and f.connamespace = current_schema()::regnamespace`

/** `Engine.tables` of PostgreSQL. */
export async function postgresTables(store: Kysely<Tables>): Promise<readonly TableShape[]> {
  const { rows: columns } = await columnsOf.execute(store)
  const { rows: parents } = await references.execute(store)
  return shapesOf(columns, parents)
}

/** `Engine.rows` of PostgreSQL: a cursor, which the server reads no further ahead than is asked for. */
export async function* postgresRows(
  store: Kysely<Tables>,
  { name, columns }: TableShape,
): AsyncGenerator<readonly Row[]> {
  const list = sql.join(columns.map((column) => sql.ref(column)))
  const select = sql`select ${list} from ${sql.table(name)}`
  await sql`declare sallyport_rows no scroll cursor for ${select}`.execute(store)
  try {
    for (;;) {
      const { rows } = await sql<Row>`fetch ${sql.lit(perRound)} from sallyport_rows`.execute(store)
      if (rows.length === 0) return
      yield rows
    }
  } finally {
    await sql`close sallyport_rows`.execute(store)
  }
}
