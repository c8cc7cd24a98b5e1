import { Problem } from '@sallyport/problem'
import { checkHeader } from './check-header.ts'
import type { ProviderRules } from './provider-rules.ts'

/** A logout token that was verified (OpenID Connect Back-Channel Logout 1.0). */
export type LogoutToken = {
  readonly provider: string
  readonly issuer: string
  readonly tokenId: string
  /** One of the two is there: which sign-in is over, or whose all are. */
  readonly session: string | undefined
  readonly subject: string | undefined
  /** Milliseconds, by the clock of the provider. */
  readonly issuedAt: number
  /** Milliseconds: after it, a copy is refused by its times alone. */
  readonly usableUntil: number
}

export const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** A provider tells of a logout when it happens; what is older was kept by someone. */
const maxAgeSeconds = 10 * 60
const maxTextCharacters = 1_000
const maxSubjectCharacters = 255

/**
 * Whether a token of this header can be a logout token (Back-Channel Logout 1.0 §2.4, §2.6). Providers
 * that mark their access tokens mark these, too, as the specification recommends; of others the claims
 * alone tell them apart.
 *
 * @throws Problem `token_algorithm_refused`, `token_type_wrong`, `token_malformed`
 */
export function checkLogoutHeader(
  header: Readonly<Record<string, unknown>>,
  { algorithms, tokenType }: ProviderRules,
): void {
  const isMarked = tokenType === 'at+jwt'
  checkHeader(header, { algorithms, tokenType: isMarked ? 'logout+jwt' : 'logout JWT' })
}

/**
 * The claims of a logout token whose signature was verified (Back-Channel Logout 1.0 §2.6, steps 4 to 7).
 * Not checked: that it was not used before, which its `jti` is for.
 *
 * @param clientIds what its audience must name one of
 * @throws Problem `token_audience_wrong`, `token_expired`, `token_not_yet_valid`, `token_claims_invalid`
 */
export function checkLogoutClaims(
  claims: Readonly<Record<string, unknown>>,
  { name, issuer, subjectClaim, clockLeewaySeconds }: ProviderRules,
  clientIds: readonly string[],
  now: number,
): LogoutToken {
  refuseOtherAudience(claims['aud'], clientIds)
  const issuedAt = secondsOf(claims, 'iat')
  const expiry = secondsOf(claims, 'exp')
  const seconds = now / 1_000
  if (seconds < issuedAt - clockLeewaySeconds) {
    throw new Problem('token_not_yet_valid', { expected: 'iat by now', found: 'one to come' })
  }
  const last = Math.min(expiry, issuedAt + maxAgeSeconds) + clockLeewaySeconds
  if (seconds >= last) {
    const expected = `exp to come, and iat of the last ${maxAgeSeconds} seconds`
    throw new Problem('token_expired', { expected, found: 'an older one' })
  }
  refuseOtherEvents(claims['events'])
  // §2.6 step 7: so that no ID token is ever taken for one.
  if (Object.hasOwn(claims, 'nonce')) throw invalid('no claim nonce', 'one')
  const tokenId = textOf(claims, 'jti', maxTextCharacters)
  if (tokenId === undefined) throw invalid('jti: a text', 'none')
  const session = textOf(claims, 'sid', maxTextCharacters)
  const subject = textOf(claims, subjectClaim, maxSubjectCharacters)
  if (session === undefined && subject === undefined) {
    throw invalid(subjectClaim === 'sub' ? 'sid or sub' : `sid or ${subjectClaim}`, 'neither')
  }
  return {
    provider: name,
    issuer,
    tokenId,
    session,
    subject,
    issuedAt: Math.floor(issuedAt * 1_000),
    usableUntil: Math.ceil(last * 1_000),
  }
}

function refuseOtherAudience(audience: unknown, clientIds: readonly string[]): void {
  const all: unknown[] = Array.isArray(audience) ? audience : [audience]
  if (all.some((one) => typeof one === 'string' && clientIds.includes(one))) return
  throw new Problem('token_audience_wrong', {
    expected: `one of ${clientIds.join(', ')}`,
    found: 'none of them',
  })
}

function refuseOtherEvents(events: unknown): void {
  const event =
    typeof events === 'object' && events !== null && Object.hasOwn(events, logoutEvent)
      ? (events as Readonly<Record<string, unknown>>)[logoutEvent]
      : undefined
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return
  throw invalid(`events: an object with the object ${logoutEvent}`, 'something else')
}

/** A NumericDate (RFC 7519 §2), which must be there (§2.4). */
function secondsOf(claims: Readonly<Record<string, unknown>>, name: string): number {
  const value = claims[name]
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER / 1_000) {
    return value
  }
  throw invalid(`${name}: seconds since 1970`, value === undefined ? 'none' : 'something else')
}

function textOf(
  claims: Readonly<Record<string, unknown>>,
  name: string,
  maxCharacters: number,
): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= maxCharacters) return value
  throw invalid(`${name}: a text of 1 to ${maxCharacters} characters`, 'something else')
}

function invalid(expected: string, found: string): Problem {
  return new Problem('token_claims_invalid', { expected, found })
}
