import { isUtf8 } from 'node:buffer'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import { Value } from 'typebox/value'
import type { Row } from '../engine.ts'

/**
 * A backup is lines of JSON in UTF-8, compressed with gzip (RFC 1952): a head; then for each table a line that
 * begins it, and a line for each row; and an end with the SHA-256 of all bytes before it. It is of no
 * engine and of no machine, and can be read with `zcat`. Keys that open something are not in it.
 */
export const backupVersion = 1

const closed = { additionalProperties: false }
const Name = Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$' })

export const BackupHead = Type.Object(
  {
    format: Type.Literal('sallyport-store'),
    version: Type.Integer({ minimum: 1 }),
    /** Milliseconds since 1970. */
    at: Type.Integer({ minimum: 0 }),
    trustDomain: Type.String({ maxLength: 300 }),
    /** What the tables were made by, in order. */
    migrations: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 1_000 }),
  },
  closed,
)
export type BackupHead = Type.Static<typeof BackupHead>

export const BackupTable = Type.Object(
  { table: Name, columns: Type.Array(Name, { minItems: 1, maxItems: 200, uniqueItems: true }) },
  closed,
)
export type BackupTable = Type.Static<typeof BackupTable>

export const BackupEnd = Type.Object(
  {
    end: Type.Literal(true),
    rows: Type.Integer({ minimum: 0 }),
    /** Hex. */
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  closed,
)
export type BackupEnd = Type.Static<typeof BackupEnd>

/** Of a row. The longest is evidence of a megabyte or two, or a revocation list of many megabytes. */
export const maxLineBytes = 256 * 1024 * 1024

type Cell = string | number | null | { b: string }

/** A row as a line holds it: values in the order of the columns, bytes as base64. */
export function writeRow(row: Row, columns: readonly string[]): string {
  const cells = columns.map((column): Cell => {
    const value = row[column] ?? null
    return value instanceof Uint8Array ? { b: Buffer.from(value).toString('base64') } : value
  })
  return JSON.stringify(cells)
}

/** @throws Problem `backup_invalid` */
export function readRow(cells: readonly unknown[], { table, columns }: BackupTable): Row {
  if (cells.length !== columns.length) {
    throw invalid(`A row of ${table} has ${cells.length} values`, `${columns.length}`)
  }
  return Object.fromEntries(
    columns.map((column, index) => [column, readCell(cells[index], table, column)]),
  )
}

function readCell(cell: unknown, table: string, column: string): Row[string] {
  if (cell === null || typeof cell === 'string' || Number.isSafeInteger(cell)) {
    return cell as string | number | null
  }
  const isBytes = typeof cell === 'object' && 'b' in cell && typeof cell.b === 'string'
  if (isBytes) return Buffer.from(String(cell.b), 'base64')
  throw invalid(
    `A value of ${column} in ${table} is of no kind that there is`,
    'text, an integer, bytes or null',
  )
}

/**
 * A line that is no row, as one of those there are.
 *
 * @throws Problem `backup_invalid`
 */
export function readLine<T extends Type.TSchema>(schema: T, value: unknown): Type.Static<T> {
  if (Value.Check(schema, value)) return value
  throw invalid('A line is none of a backup', 'a head, a table, a row or the end')
}

/** @throws Problem `backup_invalid` */
export function parseLine(bytes: Buffer): unknown {
  try {
    if (!isUtf8(bytes)) throw new SyntaxError('no UTF-8')
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw invalid('A line cannot be read', 'JSON', cause)
  }
}

export function invalid(detail: string, expected: string, cause?: unknown): Problem {
  return new Problem('backup_invalid', {
    detail,
    expected,
    ...(cause === undefined ? {} : { cause }),
  })
}
