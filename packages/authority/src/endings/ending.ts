import type { Kysely } from 'kysely'
import type { AuditRow } from '../audit/audit-log.ts'
import type { Tables } from '../store/tables.ts'

/** Who ends again: whoever restored the store, in the audit log. */
export const operator = 'operator'

/** What endings are carried out in: one write, in which a backup is restored. */
export type EndingContext = {
  readonly store: Kysely<Tables>
  readonly now: number
  /** Says of a row what cannot be done again, and what is to be done instead. */
  readonly tell: (row: AuditRow, why: string) => void
}

/** Rows of one action, in their order; few enough for one statement. @returns how many things ended by it */
export type Ending = (context: EndingContext, rows: readonly NamedRow[]) => Promise<number>

/** A row that says to what it happened. */
export type NamedRow = AuditRow & { readonly subject: string }

/** What an operator wrote, as far as it is kept again. */
export function reasonOf({ detail }: AuditRow): string {
  const { reason } = detail
  return typeof reason === 'string' && reason.length <= 1_000
    ? reason.replaceAll('\0', '')
    : 'ended before the store was restored'
}

/** Rows whose subject is in a table. Of what came after the backup there is nothing to end. */
export function bySubject(rows: readonly NamedRow[]): ReadonlyMap<string, NamedRow> {
  return new Map(rows.map((row) => [row.subject, row]))
}

/** A member of what a row says that something became. */
export function after(row: AuditRow, member: string): unknown {
  const { after: facts } = row.detail
  if (typeof facts !== 'object' || facts === null || !Object.hasOwn(facts, member)) return undefined
  return (facts as Readonly<Record<string, unknown>>)[member]
}
