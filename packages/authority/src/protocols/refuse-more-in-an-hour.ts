import { Problem } from '@sallyport/problem'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

const hourMs = 3_600_000

/** What a credential makes: rows of a table, and the column that says when, in milliseconds. */
type Made = {
  [T in keyof Tables]: {
    readonly table: T
    readonly time: keyof Tables[T] & string
    /** Whose rows they are: columns and their values. */
    readonly of: { readonly [C in keyof Tables[T]]?: string }
    /** As a person calls them, and whose they are: `devices`, `account acc_…`. */
    readonly named: string
    readonly owner: string
  }
}[keyof Tables]

/**
 * Refuses one more where there were `maxPerHour` in the last hour, until the first of those is an hour old. Of rows
 * from later than an hour from now the clock was wrong: they hold nobody up.
 *
 * @throws Problem `enrollment_credential_too_often`
 */
export async function refuseMoreInAnHour(
  store: Kysely<Tables>,
  { table, time, of, named, owner }: Made,
  { maxPerHour, now }: { maxPerHour: number; now: number },
): Promise<void> {
  const at = sql.ref(time)
  const theirs = Object.entries(of).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const { rows } = await sql<{ at: number }>`select ${at} as at from ${sql.table(table)}
    where ${sql.join(theirs, sql` and `)} and ${at} > ${now - hourMs} and ${at} < ${now + hourMs}
    order by ${at} desc limit 1 offset ${maxPerHour - 1}`.execute(store)
  const [nth] = rows
  if (nth === undefined) return
  const waitMs = Math.min(hourMs, nth.at + hourMs - now)
  throw new Problem('enrollment_credential_too_often', {
    expected: `at most ${maxPerHour} ${named} an hour`,
    found: `one more of ${owner}`,
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
  })
}
