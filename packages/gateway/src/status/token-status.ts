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
  readonly subjects: readonly Int32Array[]
  /** Milliseconds; NaN where nobody says: then it was issued before whatever ends tokens. */
  readonly issuedAt: number
}

/** What is asked of a token for its keys. */
export type KeyedToken = Pick<
  VerifiedToken,
  'issuer' | 'subject' | 'tokenId' | 'session' | 'issuedAt' | 'claims'
>

/**
 * The keys of a token that was verified. One that the authority gave in exchange for another's ends with
 * that one, too: its claim `subject_token` names the issuer and the `jti` of it.
 *
 * @param text the token as it was sent
 */
export function tokenKeys(token: KeyedToken, text: string): TokenKeys {
  const names: readonly Named[] = [token, ...subjectTokens(token)]
  return {
    tokens: [
      statusKey('token', sha256(tokenBase(text))),
      ...names.flatMap(({ issuer, tokenId }) =>
        tokenId === undefined ? [] : [statusKey('token', sha256(issuedBase(issuer, tokenId)))],
      ),
    ],
    sessions: names.flatMap(({ issuer, session }) =>
      session === undefined ? [] : [statusKey('session', sha256(issuedBase(issuer, session)))],
    ),
    subjects: names.map(({ issuer, subject }) =>
      statusKey('subject', sha256(issuedBase(issuer, subject))),
    ),
    // RFC 7662 §2.2 leaves it to the provider whether it tells of an opaque token when it was issued.
    issuedAt: typeof token.claims['iat'] === 'number' ? token.issuedAt : Number.NaN,
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
  for (const key of subjects) {
    if (isEndedUntil(lookUp(key), issuedAt)) return 'token_subject_ended'
  }
  if (device !== undefined && isEndedUntil(lookUp(device), issuedAt)) return 'token_device_ended'
  return undefined
}

type Named = Pick<KeyedToken, 'issuer' | 'subject' | 'tokenId' | 'session'>

function subjectTokens({ claims, subject, session }: KeyedToken): Named[] {
  const named = claims['subject_token']
  if (typeof named !== 'object' || named === null) return []
  const { iss: issuer, jti } = named as { iss?: unknown; jti?: unknown }
  if (typeof issuer !== 'string') return []
  return [{ issuer, subject, session, tokenId: typeof jti === 'string' ? jti : undefined }]
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
