import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import { personal } from '../audit/personal.ts'
import { isSecretOf, makeSecretToken, readSecretToken } from '../enrollment/secret-token.ts'
import type { AdminTokenKind, AdminTokenRow, Tables } from '../store/tables.ts'
import { adminOfRow, readList } from './admin.ts'
import { type Maker, refuseEnded, refuseEndedMaker } from './maker.ts'
import { declineProposalsOf } from './proposals/proposal.ts'
import type { Role } from './roles.ts'
import type { Verb } from './verbs.ts'

/** An admin token ends after a month at the latest, whatever it was asked for. */
export const maxTokenSeconds = 30 * 86_400

/** What a token is narrowed to, beside its role. Undefined: not narrowed. */
export type TokenScope = {
  apps?: readonly string[] | undefined
  verbs?: readonly Verb[] | undefined
  networks?: readonly string[] | undefined
}

export type NewAdminToken = TokenScope & {
  label: string
  role: Role
  expiresAt: number
  by: Maker
  now: number
  kind?: AdminTokenKind
  /** Whose; without it the token is of a person of its own. */
  person?: string
}

/**
 * Makes an admin token. Its text is told once; the store has a hash of it.
 *
 * @throws Problem `admin_token_invalid` where its maker was revoked meanwhile
 */
export async function createAdminToken(
  store: Kysely<Tables>,
  order: NewAdminToken,
): Promise<{ row: AdminTokenRow; token: string }> {
  const { label, role, expiresAt, by, now, kind = 'token' } = order
  await refuseEndedMaker(store, by, now)
  const { id, text, hash } = makeSecretToken('adminToken')
  const row: AdminTokenRow = {
    id,
    hash,
    label,
    role,
    created_at: now,
    created_by: by.actor,
    made_by: by.madeBy,
    expires_at: expiresAt,
    revoked_at: null,
    kind,
    person: order.person ?? id,
    apps: writeList(order.apps),
    verbs: writeList(order.verbs),
    networks: writeList(order.networks),
    last_used_at: null,
  }
  await store.insertInto('admin_tokens').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor: by.actor,
    action: 'admin-token.created',
    subject: id,
    detail: made({ label: personal('operator', label), role, expiresAt, kind, ...scopeOf(row) }),
  })
  return { row, token: text }
}

/** What a row is narrowed to, with null where it is not: for the API and the audit log. */
export function scopeOf({ apps, verbs, networks }: AdminTokenRow) {
  const list = (text: string | null) => (text === null ? null : [...(readList(text) ?? [])])
  return { apps: list(apps), verbs: list(verbs), networks: list(networks) }
}

function writeList(list: readonly string[] | undefined): string | null {
  return list === undefined ? null : JSON.stringify([...new Set(list)].toSorted())
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
  refuseEnded(row, now)
  return row
}

/**
 * Uses the first token up, in the write of what it is used for.
 *
 * @throws Problem `admin_token_invalid` where another call was first
 */
export async function useFirstToken(
  store: Kysely<Tables>,
  { id, now }: { id: string; now: number },
): Promise<void> {
  const row = await store
    .selectFrom('admin_tokens')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  refuseEnded(row, now)
  await store.updateTable('admin_tokens').set({ revoked_at: now }).where('id', '=', id).execute()
}

/**
 * Revokes an admin token. Revoking it again changes nothing.
 *
 * @param apps a token that is not narrowed to some of them is not found
 * @throws Problem `not_found`
 */
export async function revokeAdminToken(
  store: Kysely<Tables>,
  revocation: {
    id: string
    apps?: readonly string[] | undefined
    reason?: string | undefined
    actor: string
    now: number
  },
): Promise<AdminTokenRow> {
  const { id, apps, reason = null, actor, now } = revocation
  const row = await store
    .selectFrom('admin_tokens')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined || !isWithinApps(row, apps)) {
    throw new Problem('not_found', { detail: `No admin token ${id}` })
  }
  if (row.revoked_at !== null) return row
  await store.updateTable('admin_tokens').set({ revoked_at: now }).where('id', '=', id).execute()
  const { actor: own } = adminOfRow(row)
  // Who logs out goes on meaning what they proposed.
  if (own !== actor) await declineProposalsOf(store, own, { actor, now })
  await appendAudit(store, {
    at: now,
    actor,
    action: 'admin-token.revoked',
    subject: id,
    detail: {
      label: personal('operator', row.label),
      role: row.role,
      reason,
      ...changed({ revokedAt: null }, { revokedAt: now }),
    },
  })
  return { ...row, revoked_at: now }
}

/** Whether a token is narrowed to some of these apps; where none are named, whether or not it is. */
export function isWithinApps(row: AdminTokenRow, apps: readonly string[] | undefined): boolean {
  if (apps === undefined) return true
  return readList(row.apps)?.every((app) => apps.includes(app)) ?? false
}
