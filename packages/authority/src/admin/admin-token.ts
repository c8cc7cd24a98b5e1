import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { isSecretOf, makeSecretToken, readSecretToken } from '../enrollment/secret-token.ts'
import type { AdminTokenRow, Tables } from '../store/tables.ts'
import type { Role } from './roles.ts'

export type NewAdminToken = {
  label: string
  role: Role
  expiresAt: number
  actor: string
  now: number
}

/** Makes an admin token. Its text is told once; the store has a hash of it. */
export async function createAdminToken(
  store: Kysely<Tables>,
  { label, role, expiresAt, actor, now }: NewAdminToken,
): Promise<{ row: AdminTokenRow; token: string }> {
  const { id, text, hash } = makeSecretToken('adminToken')
  const row: AdminTokenRow = {
    id,
    hash,
    label,
    role,
    created_at: now,
    created_by: actor,
    expires_at: expiresAt,
    revoked_at: null,
  }
  await store.insertInto('admin_tokens').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor,
    action: 'admin-token.created',
    subject: id,
    detail: { label, role, expiresAt },
  })
  return { row, token: text }
}

/**
 * The row of the token in an Authorization header.
 *
 * @throws Problem `admin_token_required`, `admin_token_invalid`
 */
export async function authenticateAdmin(
  store: Kysely<Tables>,
  authorization: string | undefined,
  now: number,
): Promise<AdminTokenRow> {
  const text = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(authorization ?? '')?.[1]
  if (text === undefined) throw new Problem('admin_token_required')
  const read = readSecretToken('adminToken', text)
  const row =
    read === undefined
      ? undefined
      : await store
          .selectFrom('admin_tokens')
          .selectAll()
          .where('id', '=', read.id)
          .executeTakeFirst()
  if (read === undefined || row === undefined || !isSecretOf(row.hash, read.secret)) {
    throw new Problem('admin_token_invalid', { expected: 'a known token', found: 'another one' })
  }
  if (row.revoked_at !== null || row.expires_at <= now) {
    const found = row.revoked_at === null ? 'expired' : 'revoked'
    throw new Problem('admin_token_invalid', { expected: 'a token that counts', found })
  }
  return row
}

/**
 * Revokes an admin token. Revoking it again changes nothing.
 *
 * @throws Problem `not_found`
 */
export async function revokeAdminToken(
  store: Kysely<Tables>,
  { id, actor, now }: { id: string; actor: string; now: number },
): Promise<AdminTokenRow> {
  const row = await store
    .selectFrom('admin_tokens')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new Problem('not_found', { detail: `No admin token ${id}` })
  if (row.revoked_at !== null) return row
  await store.updateTable('admin_tokens').set({ revoked_at: now }).where('id', '=', id).execute()
  await appendAudit(store, {
    at: now,
    actor,
    action: 'admin-token.revoked',
    subject: id,
    detail: {},
  })
  return { ...row, revoked_at: now }
}
