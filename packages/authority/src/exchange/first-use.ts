import type { VerifiedToken } from '@sallyport/token'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import { made, unchanged } from '../audit/change.ts'
import { issuedKey, tokenKey } from '../sessions/ended-key.ts'
import type { Tables } from '../store/tables.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A device that brings a token of a session. */
export type FirstUse = {
  /** See `sessionKey`. */
  key: string
  deviceId: string
  issuer: string
  /** How long the session can go on. */
  keepUntil: number
  now: number
}

/**
 * What a sign-in is told apart by: its session; where the provider names none, the token alone, and
 * where that has no id, its text.
 */
export function sessionKey(
  { issuer, session, tokenId }: Pick<VerifiedToken, 'issuer' | 'session' | 'tokenId'>,
  text: string,
): string {
  if (session !== undefined) return issuedKey(issuer, `sid\0${session}`)
  return tokenId === undefined ? tokenKey(text) : issuedKey(issuer, `jti\0${tokenId}`)
}

/**
 * Whether a session is this device's: the first that brings a token of it has it, for as long as it goes
 * on. Another one is told of in the audit log, at most once an hour: someone copied a token.
 *
 * @returns the device that it is of
 */
export async function useFirst(
  store: Kysely<Tables>,
  { key, deviceId, issuer, keepUntil, now }: FirstUse,
): Promise<string> {
  const known = await store
    .selectFrom('exchanged_sessions')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirst()
  if (known === undefined) {
    const row = { key, device_id: deviceId, first_used_at: now, keep_until: keepUntil }
    await store
      .insertInto('exchanged_sessions')
      .values({ ...row, refused_at: null })
      .execute()
    await appendAudit(store, {
      at: now,
      actor: `device:${deviceId}`,
      action: 'session.bound',
      subject: key,
      detail: { issuer, ...made({ deviceId }) },
    })
    return deviceId
  }
  if (known.device_id === deviceId) {
    // Each exchange keeps it, but a write a day is enough.
    if (known.keep_until + dayMs < keepUntil) {
      await store
        .updateTable('exchanged_sessions')
        .set({ keep_until: keepUntil })
        .where('key', '=', key)
        .execute()
    }
    return deviceId
  }
  if (known.refused_at !== null && Math.abs(now - known.refused_at) < hourMs) return known.device_id
  await store
    .updateTable('exchanged_sessions')
    .set({ refused_at: now })
    .where('key', '=', key)
    .execute()
  await appendAudit(store, {
    at: now,
    actor: `device:${deviceId}`,
    action: 'session.refused-elsewhere',
    subject: key,
    detail: { issuer, boundTo: known.device_id, ...unchanged },
  })
  return known.device_id
}
