import { createHash, timingSafeEqual } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { TokenVerifier, VerifiedToken } from '@sallyport/token'
import type { Kysely } from 'kysely'
import type { Authority } from '../../authority.ts'
import type { SignInConfig } from '../../config/sign-in-config.ts'
import type { AdminTokenRow, Tables } from '../../store/tables.ts'
import { createAdminToken } from '../admin-token.ts'
import { grantOfGroups } from './grant-of-groups.ts'

/** The one provider that a verifier of ID tokens has. */
export const signInProvider = 'sign-in'

export type SignInOrder = {
  /** As the provider gave it to the client. */
  idToken: string
  /** 32 bytes, base64url: the nonce of the ID token is the SHA-256 of this text, base64url. */
  nonceVerifier?: string
  /** In its place, where there is no front channel for a nonce (RFC 8628): what `at_hash` is of. */
  accessToken?: string
}

/**
 * Begins a session of the admin API on the word of an ID token (OpenID Connect Core §3.1.3.7). Its nonce must
 * be the hash of what the client kept to itself, or its `at_hash` that of the access token which came with it:
 * an ID token that was read on its way is worth nothing. Each is taken once.
 *
 * @throws Problem `sign_in_refused`, `identity_provider_unavailable`
 */
export async function signIn(
  { store, lanes, now }: Pick<Authority, 'store' | 'lanes' | 'now'>,
  { config, verifier }: { config: SignInConfig; verifier: TokenVerifier },
  { idToken, ...kept }: SignInOrder,
): Promise<{ row: AdminTokenRow; token: string }> {
  const verified = await verify(verifier, idToken)
  const { claims } = verified
  refuseOtherClient(claims, config.clientId)
  const boundTo = isUnboundDevice(verified, kept, config, now())
    ? `unbound ${idToken}`
    : refuseUnbound(claims, kept)
  refuseWeak(verified, config, now())
  const { role, apps } = grantOfGroups(claims, config)
  const person = `oidc:${sha256(`${verified.issuer}\n${verified.subject}`)}`
  const label = labelOf(verified)
  return lanes.run('admin', () =>
    store.write(async (tx) => {
      await useOnce(tx, `${verified.issuer}\n${boundTo}`, verified.goodUntil)
      return createAdminToken(tx, {
        kind: 'session',
        label,
        role,
        apps,
        person,
        by: { actor: `operator:${label}`, madeBy: null },
        now: now(),
        expiresAt: now() + config.sessionHours * 3_600_000,
      })
    }),
  )
}

/** Issuer, audience, signature and times: as of any token, with the client in the place of the API. */
async function verify(verifier: TokenVerifier, idToken: string): Promise<VerifiedToken> {
  try {
    return await verifier.verify(idToken, { providers: [signInProvider] })
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.code === 'identity_provider_unavailable') throw cause
    throw new Problem('sign_in_refused', {
      expected: cause.expected ?? 'an ID token that verifies',
      found: `${cause.code}: ${cause.found ?? 'none'}`,
      cause,
    })
  }
}

/** OpenID Connect Core §3.1.3.7, 4 and 5: of several audiences, the one it was given to is named. */
function refuseOtherClient(claims: Readonly<Record<string, unknown>>, clientId: string): void {
  const { aud, azp } = claims
  const isSeveral = Array.isArray(aud) && aud.length > 1
  if (azp === clientId || (azp === undefined && !isSeveral)) return
  throw refused(`azp ${clientId}`, 'another client')
}

const unboundMs = 60_000

/** Whether an ID token of a device's sign-in, which nothing binds, is new, and the configuration takes such. */
function isUnboundDevice(
  { claims, issuedAt }: VerifiedToken,
  { accessToken }: Omit<SignInOrder, 'idToken'>,
  { insecureUnboundDevice }: SignInConfig,
  now: number,
): boolean {
  const isUnbound = claims['nonce'] === undefined && claims['at_hash'] === undefined
  const isNew = now - issuedAt <= unboundMs
  return insecureUnboundDevice && isUnbound && isNew && accessToken !== undefined
}

/**
 * That whoever shows the ID token also has what only its client was given.
 *
 * @returns the claim that it is bound by
 */
function refuseUnbound(
  { nonce, at_hash: accessTokenHash }: Readonly<Record<string, unknown>>,
  { nonceVerifier, accessToken }: Omit<SignInOrder, 'idToken'>,
): string {
  if (nonceVerifier !== undefined) {
    return refuseOther('nonce', nonce, sha256(nonceVerifier))
  }
  // One with a nonce is of a browser's sign-in: nothing else binds it.
  if (nonce !== undefined) throw refused('what the nonce is the hash of', 'an access token')
  // OpenID Connect Core §3.1.3.6: the left half, by the hash of the algorithm: SHA-256 for all that are taken.
  const half = createHash('sha256')
    .update(accessToken ?? '')
    .digest()
    .subarray(0, 16)
  return refuseOther('at_hash', accessTokenHash, half.toString('base64url'))
}

function refuseOther(claim: string, found: unknown, expected: string): string {
  const one = Buffer.from(expected)
  const other = Buffer.from(typeof found === 'string' ? found : '')
  if (one.length === other.length && timingSafeEqual(one, other)) return expected
  const shown = other.length === 0 ? 'none' : 'another'
  throw refused(`${claim}: the hash of what the client was given`, shown)
}

function refuseWeak({ authTime, claims }: VerifiedToken, config: SignInConfig, now: number): void {
  const { maxAuthMinutes, acr } = config
  if (maxAuthMinutes !== undefined && !(now - (authTime ?? -Infinity) <= maxAuthMinutes * 60_000)) {
    throw refused(`auth_time of the last ${maxAuthMinutes} minutes`, 'an older one, or none')
  }
  if (acr !== undefined && !acr.includes(String(claims['acr']))) {
    throw refused(`acr: ${acr.join(' or ')}`, 'another, or none')
  }
}

/** In the write of the session: of two that show the same one, one is first. */
async function useOnce(tx: Kysely<Tables>, used: string, keepUntil: number): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('used_id_tokens')
    .values({ key: sha256(used), keep_until: keepUntil })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n) throw refused('an ID token that was not used', 'a used one')
}

/** For people: what the provider calls somebody, and who that is for sure. */
function labelOf({ subject, claims }: VerifiedToken): string {
  const name = ['email', 'preferred_username', 'name']
    .map((claim) => (Object.hasOwn(claims, claim) ? claims[claim] : undefined))
    .find((value) => typeof value === 'string' && /^[^\p{C}]{1,100}$/u.test(value))
  const who = subject.replaceAll(/\p{C}/gu, '?').slice(0, 90)
  return typeof name === 'string' ? `${name} (${who})` : who
}

function refused(expected: string, found: string): Problem {
  return new Problem('sign_in_refused', { expected, found })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
