import { createHmac } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { newId, toBase64url } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { type Maker, refuseEndedMaker } from '../../admin/maker.ts'
import { appendAudit } from '../../audit/audit-log.ts'
import { made } from '../../audit/change.ts'
import { type Revocation, revokeCredential } from '../../enrollment/revoke-credential.ts'
import type { AcmeCredentialRow, Tables } from '../../store/tables.ts'

/**
 * The HMAC key of a credential (RFC 8555 §7.3.4): made of its id by the key that challenges are made
 * with, so that no table has it.
 */
export function credentialKey(challengeKey: Uint8Array, id: string): Buffer {
  return createHmac('sha256', challengeKey).update(`sallyport-acme-credential-v1\0${id}`).digest()
}

/**
 * A credential that lets accounts of an app in now.
 *
 * @throws Problem `acme_credential_refused`
 */
export async function usableCredential(
  store: Kysely<Tables>,
  id: string,
  { appId, now }: { appId: string; now: number },
): Promise<AcmeCredentialRow> {
  const row = await findCredential(store, id)
  if (row === undefined) throw refused('none of this id')
  const fault = faults.find(({ applies }) => applies(row, appId, now))
  if (fault !== undefined) throw refused(`credential ${row.id}, ${fault.name}`)
  return row
}

const faults: readonly {
  name: string
  applies: (row: AcmeCredentialRow, appId: string, now: number) => boolean
}[] = [
  { name: 'of another app', applies: (row, appId) => row.app_id !== appId },
  { name: 'revoked', applies: (row) => row.revoked_at !== null },
  { name: 'expired', applies: (row, _appId, now) => row.expires_at <= now },
]

/**
 * The id of a credential to come, whose key does not begin with a hyphen: certbot, and whatever else reads its
 * arguments as argparse does, takes such a value for an option.
 */
export function newCredentialId(challengeKey: Uint8Array): string {
  for (;;) {
    const id = newId('acmeCredential')
    if (!credentialKeyText(challengeKey, id).startsWith('-')) return id
  }
}

/**
 * Makes a credential. Its key is told once.
 *
 * @throws Problem `admin_token_invalid` where its maker was revoked meanwhile
 */
export async function createAcmeCredential(
  store: Kysely<Tables>,
  order: {
    id: string
    appId: string
    label: string
    expiresAt: number
    by: Maker
    now: number
  },
): Promise<AcmeCredentialRow> {
  const { id, appId, label, expiresAt, by, now } = order
  await refuseEndedMaker(store, by, now)
  const row: AcmeCredentialRow = {
    id,
    app_id: appId,
    label,
    created_at: now,
    created_by: by.actor,
    made_by: by.madeBy,
    expires_at: expiresAt,
    revoked_at: null,
  }
  await store.insertInto('acme_credentials').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor: by.actor,
    action: 'acme-credential.created',
    subject: row.id,
    detail: { appId, ...made({ label, expiresAt }) },
  })
  return row
}

/**
 * No account is made with it again, and those that were order no more.
 *
 * @throws Problem `not_found`
 */
export async function revokeAcmeCredential(
  store: Kysely<Tables>,
  revocation: Revocation,
): Promise<AcmeCredentialRow> {
  const row = await findCredential(store, revocation.id)
  return revokeCredential(store, 'acme_credentials', row, revocation)
}

function findCredential(store: Kysely<Tables>, id: string): Promise<AcmeCredentialRow | undefined> {
  return store.selectFrom('acme_credentials').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The key of a credential, as it is told: base64url, which every client of ACME takes. */
export const credentialKeyText = (challengeKey: Uint8Array, id: string): string =>
  toBase64url(credentialKey(challengeKey, id))

function refused(found: string): Problem {
  return new Problem('acme_credential_refused', { expected: 'a credential of this app', found })
}
