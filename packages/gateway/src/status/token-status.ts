import { createHash } from 'node:crypto'
import type { ReasonCode } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import { issuedBase, tokenBase } from '@sallyport/wire'
import { isEndedUntil } from './ended-until.ts'
import { refusingStatus, type StatusCode, statusKey } from './status-code.ts'

/** What a token is looked up by in the status table. Worked out once for each token, and kept with it. */
export type TokenKeys = {
  readonly tokens: readonly Int32Array[]
  readonly sessions: readonly Int32Array[]
  readonly subjects: readonly SubjectKey[]
  /** Milliseconds; NaN where nobody says: then it was issued before whatever ends tokens. */
  readonly issuedAt: number
}

/** A subject, and when it was given a token, by the clock of its own issuer. */
export type SubjectKey = { readonly key: Int32Array; readonly issuedAt: number }

/** What is asked of a token for its keys. */
export type KeyedToken = Pick<
  VerifiedToken,
  'issuer' | 'subject' | 'tokenId' | 'session' | 'issuedAt' | 'claims'
>

/**
 * The keys of a token that was verified. One that the authority gave in exchange for another's ends with
 * that one, too: its claim `subject_token` names the issuer and the `iat` of it, and the `jti` or else the key
 * in the feed.
 *
 * @param text the token as it was sent
 */
export function tokenKeys(token: KeyedToken, text: string): TokenKeys {
  // RFC 7662 §2.2 leaves it to the provider whether it tells of an opaque token when it was issued.
  const isTold = typeof token.claims['iat'] === 'number'
  const told: Named = { ...token, issuedAt: isTold ? token.issuedAt : Number.NaN }
  const names: readonly Named[] = [told, ...subjectTokens(token)]
  return {
    tokens: [
      statusKey('token', sha256(tokenBase(text))),
      ...subjectTokenKeys(token),
      ...names.flatMap(({ issuer, tokenId }) =>
        tokenId === undefined ? [] : [statusKey('token', sha256(issuedBase(issuer, tokenId)))],
      ),
    ],
    sessions: names.flatMap(({ issuer, session }) =>
      session === undefined ? [] : [statusKey('session', sha256(issuedBase(issuer, session)))],
    ),
    subjects: names.map(({ issuer, subject, issuedAt }) => ({
      key: statusKey('subject', sha256(issuedBase(issuer, subject))),
      issuedAt,
    })),
    issuedAt: told.issuedAt,
  }
}

/**
 * Why a token has ended, or undefined. What is said of it alone comes first: it is the most telling.
 *
 * @param device the key of the device that presents it, where there is one
 */
export function endedToken(
  lookUp: (key: Int32Array) => StatusCode,
  { tokens, sessions, subjects, issuedAt }: TokenKeys,
  device: Int32Array | undefined,
): ReasonCode | undefined {
  for (const keys of [tokens, sessions]) {
    for (const key of keys) {
      const reason = refusingStatus(lookUp(key))?.reason
      if (reason !== undefined) return reason
    }
  }
  for (const { key, issuedAt: givenAt } of subjects) {
    if (isEndedUntil(lookUp(key), givenAt)) return 'token_subject_ended'
  }
  if (device !== undefined && isEndedUntil(lookUp(device), issuedAt)) return 'token_device_ended'
  return undefined
}

const feedKey = /^[A-Za-z0-9_-]{43}$/

function subjectTokenKeys({ claims }: KeyedToken): Int32Array[] {
  const named = claims['subject_token']
  const key = typeof named === 'object' && named !== null && 'key' in named ? named.key : undefined
  return typeof key === 'string' && feedKey.test(key) ? [statusKey('token', key)] : []
}

type Named = Pick<KeyedToken, 'issuer' | 'subject' | 'tokenId' | 'session' | 'issuedAt'>

function subjectTokens({ claims, subject, session }: KeyedToken): Named[] {
  const named = claims['subject_token']
  if (typeof named !== 'object' || named === null) return []
  const { iss: issuer, jti, iat } = named as { iss?: unknown; jti?: unknown; iat?: unknown }
  if (typeof issuer !== 'string') return []
  const tokenId = typeof jti === 'string' ? jti : undefined
  const issuedAt = typeof iat === 'number' ? iat * 1_000 : Number.NaN
  return [{ issuer, subject, session, tokenId, issuedAt }]
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
