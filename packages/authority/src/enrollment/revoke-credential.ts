import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed } from '../audit/change.ts'
import type { Tables } from '../store/tables.ts'

/** What lets someone in until it is revoked, by the table that it lies in. */
const credentials = {
  enrollment_tokens: { name: 'enrolment token', action: 'enrollment-token.revoked' },
  acme_credentials: { name: 'ACME credential', action: 'acme-credential.revoked' },
  mdm_credentials: { name: 'MDM credential', action: 'mdm-credential.revoked' },
} as const

export type Revocation = {
  id: string
  reason: string | undefined
  actor: string
  now: number
}

/**
 * Revokes a credential: it lets nobody in again, and those that it let in go on. Revoking it again changes
 * nothing.
 *
 * @param row undefined where the table has none of this id
 * @throws Problem `not_found`
 */
export async function revokeCredential<Row extends { app_id: string; revoked_at: number | null }>(
  store: Kysely<Tables>,
  table: keyof typeof credentials,
  row: Row | undefined,
  { id, reason, actor, now }: Revocation,
): Promise<Row> {
  const { name, action } = credentials[table]
  if (row === undefined) throw new Problem('not_found', { detail: `No ${name} ${id}` })
  if (row.revoked_at !== null) return row
  await store.updateTable(table).set({ revoked_at: now }).where('id', '=', id).execute()
  await appendAudit(store, {
    at: now,
    actor,
    action,
    subject: id,
    detail: {
      appId: row.app_id,
      reason: reason ?? null,
      ...changed({ revokedAt: null }, { revokedAt: now }),
    },
  })
  return { ...row, revoked_at: now }
}
