import { Problem, type ReasonCode } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import type { EndedKind } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { issuedKey, tokenKey } from './ended-key.ts'

const reasons: Readonly<Record<EndedKind, ReasonCode>> = {
  token: 'token_ended',
  session: 'token_session_ended',
  subject: 'token_subject_ended',
  deviceTokens: 'token_device_ended',
}

/**
 * Refuses a token that has ended, as a gateway would. Not checked: anything else of it.
 *
 * @param text the token as it was sent
 * @param deviceId of the device that sent it; undefined: of none yet
 * @throws Problem `token_ended`, `token_session_ended`, `token_subject_ended`, `token_device_ended`
 */
export async function refuseEnded(
  store: Kysely<Tables>,
  token: VerifiedToken,
  text: string,
  deviceId?: string,
): Promise<void> {
  const { issuer, tokenId, session, subject } = token
  const asked: readonly { kind: EndedKind; key: string }[] = [
    { kind: 'token', key: tokenKey(text) },
    ...(tokenId === undefined ? [] : [{ kind: 'token' as const, key: issuedKey(issuer, tokenId) }]),
    ...(session === undefined
      ? []
      : [{ kind: 'session' as const, key: issuedKey(issuer, session) }]),
    { kind: 'subject', key: issuedKey(issuer, subject) },
    ...(deviceId === undefined ? [] : [{ kind: 'deviceTokens' as const, key: deviceId }]),
  ]
  // What no provider says when it was issued was issued before whatever ends tokens.
  const isTold = typeof token.claims['iat'] === 'number'
  const issuedAt = isTold ? Math.floor(token.issuedAt / 1_000) * 1_000 : 0
  const rows = await store
    .selectFrom('invalidations')
    .select(['kind', 'issued_until'])
    .where((column) =>
      column.or(
        asked.map(({ kind, key }) =>
          column.and([column('kind', '=', kind), column('key', '=', key)]),
        ),
      ),
    )
    .execute()
  const ended = rows.find(({ issued_until }) => issued_until === null || issuedAt <= issued_until)
  if (ended === undefined) return
  throw new Problem(reasons[ended.kind], {
    expected: 'a token that has not been ended',
    found: `one that was, by its ${ended.kind}`,
  })
}
