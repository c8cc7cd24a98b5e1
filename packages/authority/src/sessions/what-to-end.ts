import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import type { SessionsConfig } from '../config/sessions-config.ts'
import { issuedKey, tokenKey } from './ended-key.ts'
import type { Invalidation } from './invalidation.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** For the clocks of gateways, and the leeway that they give a token. */
const marginMs = 5 * 60_000
/** Of a token that nobody verified. */
const maxUnverifiedMs = 400 * dayMs

/** How long what ended is remembered. */
export type Lifetimes = Pick<SessionsConfig, 'maxTokenHours' | 'maxSessionDays'> & { now: number }

/** A token that was verified, as far as ending it goes. */
export type EndableToken = { issuer: string; tokenId: string | undefined; expiresAt: number }

/**
 * A token that was verified: by its id, and by its text where it has none. Another text can say the
 * same under the same id.
 */
export function verifiedToken(text: string, token: EndableToken): Invalidation {
  const { issuer, tokenId, expiresAt } = token
  const key = tokenId === undefined ? tokenKey(text) : issuedKey(issuer, tokenId)
  return { kind: 'token', key, issuer, issuedUntil: null, until: expiresAt + marginMs }
}

/** A token as someone trusted hands it over: by its text, and by the id that it says it has. */
export function givenToken(text: string, lifetimes: Lifetimes): Invalidation[] {
  const claims = claimsOf(text)
  const { iss, jti, exp } = claims
  const expiresAt = typeof exp === 'number' ? exp * 1_000 : 0
  const until = Math.max(
    longestToken(lifetimes),
    Math.min(expiresAt + marginMs, lifetimes.now + maxUnverifiedMs),
  )
  const issuer = typeof iss === 'string' ? iss : null
  const common = { kind: 'token', issuer, issuedUntil: null, until } as const
  const byText: Invalidation = { ...common, key: tokenKey(text) }
  if (issuer === null || typeof jti !== 'string') return [byText]
  return [byText, { ...common, key: issuedKey(issuer, jti) }]
}

export function tokenOfId(issuer: string, tokenId: string, lifetimes: Lifetimes): Invalidation {
  const key = issuedKey(issuer, tokenId)
  return { kind: 'token', key, issuer, issuedUntil: null, until: longestToken(lifetimes) }
}

/** @param isOver whether the provider has ended it itself, so that no more tokens come of it */
export function session(
  issuer: string,
  id: string,
  isOver: boolean,
  lifetimes: Lifetimes,
): Invalidation {
  const { now, maxSessionDays } = lifetimes
  const longest = longestToken(lifetimes)
  const until = isOver ? longest : Math.max(longest, now + maxSessionDays * dayMs)
  return { kind: 'session', key: issuedKey(issuer, id), issuer, issuedUntil: null, until }
}

/** @param issuedUntil milliseconds, by the clock of the provider where it says so */
export function subject(
  issuer: string,
  id: string,
  issuedUntil: number,
  lifetimes: Lifetimes,
): Invalidation {
  const key = issuedKey(issuer, id)
  return { kind: 'subject', key, issuer, issuedUntil, until: longestToken(lifetimes) }
}

export function deviceTokens(deviceId: string, lifetimes: Lifetimes): Invalidation {
  return {
    kind: 'deviceTokens',
    key: deviceId,
    issuer: null,
    issuedUntil: lifetimes.now,
    until: longestToken(lifetimes),
  }
}

function longestToken({ now, maxTokenHours }: Lifetimes): number {
  return now + maxTokenHours * hourMs + marginMs
}

/** What a JWT says of itself. An opaque token says nothing. */
function claimsOf(text: string): Readonly<Record<string, unknown>> {
  const [, claims, signature, ...more] = text.split('.', 4)
  if (claims === undefined || signature === undefined || more.length > 0) return {}
  try {
    const read: unknown = JSON.parse(Buffer.from(fromBase64url(claims) ?? []).toString())
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {}
  } catch {
    // Not JSON: it is no JWT, however many dots it has.
    return {}
  }
}

/**
 * The issuer whose tokens are meant.
 *
 * @throws Problem `message_malformed`
 */
export function issuerOf(
  { provider, issuer }: { provider?: string; issuer?: string },
  identityProviders: Readonly<Record<string, { issuer: string }>>,
): string {
  if (issuer !== undefined && provider === undefined) return issuer
  const known = Object.hasOwn(identityProviders, provider ?? '')
    ? identityProviders[provider ?? '']
    : undefined
  if (known !== undefined && issuer === undefined) return known.issuer
  throw new Problem('message_malformed', {
    detail: 'Whose it is must be told: by one of provider and issuer',
    expected: `provider: ${Object.keys(identityProviders).join(', ') || 'none is configured'}, as the authority read it when it started (one that was added since takes a restart); or issuer`,
    found: provider === undefined ? 'neither' : issuer === undefined ? provider : 'both',
  })
}
