import type { Kysely } from 'kysely'
import { revokeAdminToken } from '../admin/admin-token.ts'
import { revokeCredential } from '../enrollment/revoke-credential.ts'
import { isSecretOf, readSecretToken } from '../enrollment/secret-token.ts'
import type { Tables } from '../store/tables.ts'
import { operator } from './ending.ts'

/** What lets somebody in, by what it is: how many. */
export type CredentialCounts = {
  readonly adminTokens: number
  readonly enrollmentTokens: number
  readonly mdmCredentials: number
}

type Credential = { id: string; app_id: string; revoked_at: number | null }

const reason = 'a backup was restored: nobody knows whether it was ended since'

/** What of a restored backup lets somebody in, and may have been ended or used since. */
export async function countCredentials(
  store: Kysely<Tables>,
  now: number,
): Promise<CredentialCounts> {
  const { adminTokens, enrollmentTokens, mdmCredentials } = await readCounting(store, now)
  return {
    adminTokens: adminTokens.length,
    enrollmentTokens: enrollmentTokens.length,
    mdmCredentials: mdmCredentials.length,
  }
}

/**
 * Ends what lets people and new devices in, but for the admin token that the operator holds: nobody can tell which of
 * it was ended, or used, since the backup was made. Who is in already, a device or an ACME account, is not asked for any
 * of it; keys of ACME credentials end with the key of challenges.
 *
 * @param inHand the text of the admin token of whoever restores
 */
export async function endCredentialsOf(
  store: Kysely<Tables>,
  { inHand, now }: { inHand: string | undefined; now: number },
): Promise<void> {
  const counting = await readCounting(store, now)
  const held = inHand === undefined ? undefined : readSecretToken('adminToken', inHand)
  for (const { id, hash } of counting.adminTokens) {
    if (held?.id === id && isSecretOf(hash, held.secret)) continue
    await revokeAdminToken(store, { id, reason, actor: operator, now })
  }
  const tables = [
    ['enrollment_tokens', counting.enrollmentTokens],
    ['mdm_credentials', counting.mdmCredentials],
  ] as const
  for (const [table, rows] of tables) {
    for (const row of rows) {
      await revokeCredential(store, table, row, { id: row.id, reason, actor: operator, now })
    }
  }
}

async function readCounting(store: Kysely<Tables>, now: number) {
  const adminTokens = await store
    .selectFrom('admin_tokens')
    .select(['id', 'hash'])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
  const columns = ['id', 'app_id', 'revoked_at'] as const
  const enrollmentTokens: Credential[] = await store
    .selectFrom('enrollment_tokens')
    .select(columns)
    .where('revoked_at', 'is', null)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
  const mdmCredentials: Credential[] = await store
    .selectFrom('mdm_credentials')
    .select(columns)
    .where('revoked_at', 'is', null)
    .execute()
  return { adminTokens, enrollmentTokens, mdmCredentials }
}
