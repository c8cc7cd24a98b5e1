import type { Kysely } from 'kysely'
import type { AuditRow } from '../audit/audit-log.ts'
import { forgetUser } from '../privacy/forget-user.ts'
import { forgottenMark } from '../privacy/forgotten-mark.ts'
import type { Tables } from '../store/tables.ts'
import { type EndingContext, operator, reasonOf } from './ending.ts'

const perPage = 500

/** Who was forgotten since a backup, by the marks that the audit log has of them. */
export type Forgettings = Map<string, AuditRow>

/**
 * Forgets users again, and all that came of them until they were forgotten. Of one whom the backup did not know there
 * is nothing to forget; users who are stored in plain text no mark can be held against.
 *
 * @returns how many were
 */
export async function forgetAgain(
  context: EndingContext,
  forgettings: Forgettings,
): Promise<number> {
  const { store, now, tell } = context
  const left = new Map(forgettings)
  let forgotten = 0
  for await (const id of left.size === 0 ? [] : storedUsers(store)) {
    const row = left.get(forgottenMark(id))
    if (row === undefined) continue
    left.delete(forgottenMark(id))
    const reason = reasonOf(row)
    const facts = { id, forms: [{ user_subject: id }], before: row.at, isRevoking: true, reason }
    while ((await forgetUser(store, { ...facts, actor: operator, now })).isMore);
    forgotten++
  }
  for (const row of left.values()) {
    tell(
      row,
      'nobody of that mark is in the backup. Where users are stored in plain text: sallyport users forget',
    )
  }
  return forgotten
}

/** Each once or more often. */
async function* storedUsers(store: Kysely<Tables>): AsyncGenerator<string> {
  for (const table of ['devices', 'approvals'] as const) {
    for (let last = ''; ; ) {
      const rows = await store
        .selectFrom(table)
        .select('user_subject')
        .distinct()
        .where('user_subject', '>', last)
        .orderBy('user_subject')
        .limit(perPage)
        .execute()
      for (const { user_subject } of rows) if (user_subject !== null) yield user_subject
      if (rows.length < perPage) break
      last = rows.at(-1)?.user_subject ?? last
    }
  }
  for (let last = ''; ; ) {
    const rows = await store
      .selectFrom('personal_values')
      .select('value')
      .distinct()
      .where('kind', '=', 'user')
      .where('value', '>', last)
      .orderBy('value')
      .limit(perPage)
      .execute()
    for (const { value } of rows) yield value
    if (rows.length < perPage) return
    last = rows.at(-1)?.value ?? last
  }
}
