import { revokeAdminToken } from '../admin/admin-token.ts'
import { decideApproval } from '../enrollment/approval.ts'
import { revokeCredential } from '../enrollment/revoke-credential.ts'
import { decideProposal } from '../admin/proposals/proposal.ts'
import { endAccount } from './acme-account.ts'
import { bySubject, type Ending, type NamedRow, operator, reasonOf } from './ending.ts'

type CredentialTable = 'enrollment_tokens' | 'acme_credentials' | 'mdm_credentials'

/** Revokes what lets somebody in: what was revoked, and a one-time token that was used. */
export function endCredentials(table: CredentialTable, why?: string): Ending {
  return async ({ store, now }, rows) => {
    const named = bySubject(rows)
    const known = await store
      .selectFrom(table)
      .select(['id', 'app_id', 'revoked_at'])
      .where('id', 'in', [...named.keys()])
      .where('revoked_at', 'is', null)
      .execute()
    for (const credential of known) {
      const row = named.get(credential.id)
      const reason = why ?? (row && reasonOf(row))
      const revocation = { id: credential.id, reason, actor: operator, now }
      await revokeCredential(store, table, credential, revocation)
    }
    return known.length
  }
}

export const endAdminTokens: Ending = (context, rows) =>
  revokeTokens(context, new Map(rows.map((row) => [row.subject, reasonOf(row)])))

/** The first token is good for making one other, which tells of it. */
export const endFirstTokens: Ending = async (context, rows) => {
  const makers = rows.flatMap(({ actor }) => firstOf(actor))
  if (makers.length === 0) return 0
  const first = await context.store
    .selectFrom('admin_tokens')
    .select('id')
    .where('id', 'in', makers)
    .where('kind', '=', 'first')
    .execute()
  return revokeTokens(context, new Map(first.map(({ id }) => [id, 'used before'])))
}

function firstOf(actor: NamedRow['actor']): string[] {
  return typeof actor === 'string' && actor.startsWith('admin:') ? [actor.slice(6)] : []
}

async function revokeTokens(
  { store, now }: Parameters<Ending>[0],
  reasons: ReadonlyMap<string, string>,
): Promise<number> {
  if (reasons.size === 0) return 0
  const known = await store
    .selectFrom('admin_tokens')
    .select('id')
    .where('id', 'in', [...reasons.keys()])
    .where('revoked_at', 'is', null)
    .execute()
  for (const { id } of known) {
    const reason = reasons.get(id)
    await revokeAdminToken(store, { id, reason, actor: operator, now })
  }
  return known.length
}

export const denyApprovals: Ending = async ({ store, now }, rows) => {
  const named = bySubject(rows)
  const waiting = await store
    .selectFrom('approvals')
    .select('id')
    .where('id', 'in', [...named.keys()])
    .where('status', '=', 'pending')
    .where('expires_at', '>', now)
    .execute()
  for (const { id } of waiting) {
    const row = named.get(id)
    const reason = row && reasonOf(row)
    await decideApproval(store, { id, status: 'denied', reason, actor: operator, now })
  }
  return waiting.length
}

/** One that was agreed to was carried out: nobody shall agree to it a second time. */
export const closeProposals: Ending = async ({ store, now }, rows) => {
  const named = bySubject(rows)
  const open = await store
    .selectFrom('proposals')
    .select('id')
    .where('id', 'in', [...named.keys()])
    .where('status', '=', 'open')
    .where('expires_at', '>', now)
    .execute()
  const reason = 'decided before the store was restored'
  for (const { id } of open) {
    await decideProposal(store, { id, status: 'declined', reason, admin: nobody, now })
  }
  return open.length
}

const nobody = {
  id: operator,
  kind: 'token',
  actor: operator,
  person: operator,
  role: 'admin',
  apps: undefined,
  verbs: undefined,
  networks: undefined,
  expiresAt: Number.MAX_SAFE_INTEGER,
} as const

/** Those that were deactivated; and those that have another key since, and for which the old one would count. */
export const endAccounts: Ending = async (context, rows) => {
  const known = await context.store
    .selectFrom('acme_accounts')
    .selectAll()
    .where('id', 'in', [...bySubject(rows).keys()])
    .where('status', '=', 'valid')
    .execute()
  for (const account of known) await endAccount(context, account)
  return known.length
}
