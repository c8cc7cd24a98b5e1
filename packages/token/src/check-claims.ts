import { Problem } from '@sallyport/problem'
import type { ProviderRules } from './provider-rules.ts'
import { readConfirmation } from './read-confirmation.ts'
import type { VerifiedToken } from './verified-token.ts'

/** OpenID Connect Core §2 has the same bound for `sub`. */
const maxSubjectCharacters = 255
const maxIdentifierCharacters = 1_000
/** The last second of the year 9999. */
const lastSecond = 253_402_300_799

/**
 * Checks the claims of a token whose signature was verified (RFC 9068 §4, RFC 7519 §4.1): it is meant
 * for us, its time is now, and it names a user.
 *
 * @throws Problem `token_audience_wrong`, `token_expired`, `token_not_yet_valid`, `token_claims_invalid`,
 *   `token_confirmation_unknown`, `token_confirmation_hex`
 */
export function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  rules: ProviderRules,
  now: number,
): VerifiedToken {
  checkAudience(claims['aud'], rules.audience)
  return readClaims(claims, rules, now)
}

/** @throws Problem `token_audience_wrong` */
export function checkAudience(claim: unknown, audience: string): void {
  const audiences = audiencesOf(claim)
  if (audiences.includes(audience)) return
  throw new Problem('token_audience_wrong', {
    expected: audience,
    found: audiences.slice(0, 3).map(shown).join(', ') || 'none',
  })
}

/**
 * All of `checkClaims` but the audience.
 *
 * `iat` and `nbf` may lie `clockLeewaySeconds` in the future: a provider whose clock is a little ahead
 * would see its new tokens refused (FAPI 2.0 Security Profile §5.3.2.1: up to 10 seconds are accepted,
 * over 60 never). `exp` has no leeway unless it is configured: a clock that is behind prolongs tokens by
 * itself, a client gets a new one without a person's help, and what is stolen shall not live longer.
 *
 * `maxLifetimeHours` after `iat` a token has expired, whatever it says: that it was ended before is not
 * remembered for longer, and it would count again.
 */
export function readClaims(
  claims: Readonly<Record<string, unknown>>,
  rules: ProviderRules,
  now: number,
): VerifiedToken {
  const { name, issuer, subjectClaim, sessionClaim, clientClaims } = rules
  const expiry = timeOf(claims, 'exp')
  const issuedAt = timeOf(claims, 'iat')
  if (expiry === undefined || issuedAt === undefined) {
    throw invalid('exp and iat', 'one of them is missing')
  }
  const seconds = now / 1_000
  const last = Math.min(expiry, issuedAt + rules.maxLifetimeSeconds)
  if (seconds >= last + rules.expiryLeewaySeconds) {
    const bound = last < expiry ? ', by maxLifetimeHours' : ''
    const expected = `before ${date(last)}${bound}`
    throw new Problem('token_expired', { expected, found: date(seconds) })
  }
  const from = Math.max(issuedAt, timeOf(claims, 'nbf') ?? issuedAt)
  if (seconds < from - rules.clockLeewaySeconds) {
    throw new Problem('token_not_yet_valid', {
      expected: `from ${date(from)}`,
      found: date(seconds),
    })
  }
  const subject = Object.hasOwn(claims, subjectClaim) ? claims[subjectClaim] : undefined
  if (typeof subject !== 'string' || subject === '' || subject.length > maxSubjectCharacters) {
    throw invalid(`${subjectClaim}: a text of 1 to ${maxSubjectCharacters} characters`, 'none')
  }
  const authTime = timeOf(claims, 'auth_time')
  return {
    provider: name,
    issuer,
    subject,
    tokenId: textOf(claims, 'jti'),
    session: textOf(claims, sessionClaim),
    clientId: firstTextOf(claims, clientClaims),
    scopes: scopesOf(claims),
    confirmation: readConfirmation(claims['cnf']),
    claims,
    issuedAt: milliseconds(issuedAt),
    expiresAt: milliseconds(last),
    authTime: authTime === undefined ? undefined : milliseconds(authTime),
    goodUntil: milliseconds(last + rules.expiryLeewaySeconds),
  }
}

/** `scope`, separated by spaces (RFC 6749 §3.3), or `scp`, which some providers write as a list. */
function scopesOf(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const scopes = claims['scope'] ?? claims['scp'] ?? []
  if (typeof scopes === 'string') return scopes.split(' ').filter((scope) => scope !== '')
  if (Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')) return scopes
  throw invalid('scope: a text', 'something else')
}

/** An identifier, which may be missing. What is no text, or a long one, is none that could be ended. */
function textOf(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > maxIdentifierCharacters) {
    throw invalid(`${name}: a text of 1 to ${maxIdentifierCharacters} characters`, 'something else')
  }
  return value
}

function firstTextOf(
  claims: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  const present = names.find((name) => Object.hasOwn(claims, name))
  return present === undefined ? undefined : textOf(claims, present)
}

/** One audience, or a list of them (RFC 7519 §4.1.3). */
function audiencesOf(audience: unknown): string[] {
  const all: unknown[] = Array.isArray(audience) ? audience : [audience]
  return all.filter((one) => typeof one === 'string')
}

/** A NumericDate (RFC 7519 §2): seconds, which may have a fraction. Undefined where it is missing. */
function timeOf(claims: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= 0 && value <= lastSecond)) {
    throw invalid(`${name}: seconds since 1970`, 'something else')
  }
  return value
}

function invalid(expected: string, found: string): Problem {
  return new Problem('token_claims_invalid', { expected, found })
}

const milliseconds = (seconds: number): number => Math.floor(seconds * 1_000)
const shown = (text: string): string => JSON.stringify(text.slice(0, 100))
const date = (seconds: number): string => new Date(seconds * 1_000).toISOString()
