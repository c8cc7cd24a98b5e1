import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { type Maker, refuseEndedMaker } from '../admin/maker.ts'
import { appendAudit } from '../audit/audit-log.ts'
import { changed, made } from '../audit/change.ts'
import type { EnrollmentTokenRow, Tables } from '../store/tables.ts'
import { type Revocation, revokeCredential } from './revoke-credential.ts'
import { isSecretOf, makeSecretToken, readSecretToken } from './secret-token.ts'

/**
 * The row of a token that can be used for an app now.
 *
 * @throws Problem `enrollment_token_invalid`
 */
export async function usableToken(
  store: Kysely<Tables>,
  text: string,
  appId: string,
  now: number,
): Promise<EnrollmentTokenRow> {
  const row = await knownToken(store, text)
  if (row === undefined) throw invalid('no such token')
  const fault = tokenFaults.find(({ applies }) => applies(row, appId, now))
  if (fault !== undefined) throw invalid(`token ${row.id}, ${fault.name}`)
  return row
}

/** The row of a token whose text this is, whether or not it can be used. */
export async function knownToken(
  store: Kysely<Tables>,
  text: string,
): Promise<EnrollmentTokenRow | undefined> {
  const read = readSecretToken('enrollmentToken', text)
  if (read === undefined) return undefined
  const row = await findToken(store, read.id)
  return row !== undefined && isSecretOf(row.hash, read.secret) ? row : undefined
}

const tokenFaults: readonly {
  name: string
  applies: (row: EnrollmentTokenRow, appId: string, now: number) => boolean
}[] = [
  { name: 'revoked', applies: (row) => row.revoked_at !== null },
  { name: 'used before', applies: (row) => row.used_at !== null },
  { name: 'expired', applies: (row, _appId, now) => row.expires_at <= now },
  { name: 'of another app', applies: (row, appId) => row.app_id !== appId },
]

/**
 * Uses a token up, in the transaction of what it is used for.
 *
 * @throws Problem `enrollment_token_invalid` where another enrolment was first
 */
export async function useToken(
  store: Kysely<Tables>,
  tokenId: string,
  use: { usedFor: string; now: number; address: string },
): Promise<void> {
  const used = await store
    .updateTable('enrollment_tokens')
    .set({ used_at: use.now, used_for: use.usedFor })
    .where('id', '=', tokenId)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .returning('app_id')
    .executeTakeFirst()
  if (used === undefined) throw invalid(`token ${tokenId}, used before`)
  await appendAudit(store, {
    at: use.now,
    actor: use.address,
    action: 'enrollment-token.used',
    subject: tokenId,
    detail: { appId: used.app_id, ...changed({ usedFor: null }, { usedFor: use.usedFor }) },
  })
}

function invalid(found: string): Problem {
  return new Problem('enrollment_token_invalid', { expected: 'a token that can be used', found })
}

export type NewEnrollmentToken = {
  appId: string
  label: string
  expiresAt: number
  by: Maker
  now: number
}

/**
 * Makes a token for one enrolment. Its text is told once; the store has a hash of it.
 *
 * @throws Problem `admin_token_invalid` where its maker was revoked meanwhile
 */
export async function createEnrollmentToken(
  store: Kysely<Tables>,
  { appId, label, expiresAt, by, now }: NewEnrollmentToken,
): Promise<{ row: EnrollmentTokenRow; token: string }> {
  await refuseEndedMaker(store, by, now)
  const { id, text, hash } = makeSecretToken('enrollmentToken')
  const row: EnrollmentTokenRow = {
    id,
    app_id: appId,
    hash,
    label,
    created_at: now,
    created_by: by.actor,
    made_by: by.madeBy,
    expires_at: expiresAt,
    used_at: null,
    used_for: null,
    revoked_at: null,
  }
  await store.insertInto('enrollment_tokens').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor: by.actor,
    action: 'enrollment-token.created',
    subject: id,
    detail: { appId, ...made({ label, expiresAt }) },
  })
  return { row, token: text }
}

/** @throws Problem `not_found` */
export async function revokeEnrollmentToken(
  store: Kysely<Tables>,
  revocation: Revocation,
): Promise<EnrollmentTokenRow> {
  const row = await findToken(store, revocation.id)
  return revokeCredential(store, 'enrollment_tokens', row, revocation)
}

function findToken(store: Kysely<Tables>, id: string): Promise<EnrollmentTokenRow | undefined> {
  return store.selectFrom('enrollment_tokens').selectAll().where('id', '=', id).executeTakeFirst()
}
