import { type ReasonCode, reasonOf } from '@sallyport/problem'

/** What an OAuth client is told beside our own words (RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 8693 §2.2.2). */
export type OAuthError = {
  readonly status: number
  readonly error: string
}

/** Where the status alone does not say it. */
const errors: Partial<Record<ReasonCode, OAuthError>> = {
  oauth_client_refused: { status: 401, error: 'invalid_client' },
  token_grant_unsupported: { status: 400, error: 'unsupported_grant_type' },
  token_exchange_off: { status: 400, error: 'unauthorized_client' },
  token_exchange_target_invalid: { status: 400, error: 'invalid_target' },
  token_exchange_scope_invalid: { status: 400, error: 'invalid_scope' },
  token_session_elsewhere: { status: 400, error: 'invalid_grant' },
}

export function oauthErrorOf(code: ReasonCode): OAuthError {
  const { area, status } = reasonOf(code)
  const known = errors[code]
  if (known !== undefined) return known
  // RFC 8693 §2.2.2: also a subject token that is not good is no more than a bad request.
  if (area === 'token' && status < 500) return { status: 400, error: 'invalid_request' }
  if (area === 'device') return { status, error: 'invalid_client' }
  if (status === 429 || status >= 500) return { status, error: 'temporarily_unavailable' }
  return { status, error: 'invalid_request' }
}
