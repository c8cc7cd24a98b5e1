import { isProblem, Problem } from '@sallyport/problem'
import type { LogoutToken } from '@sallyport/token'
import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { LogoutConfig } from '../config/sessions-config.ts'
import type { Tables } from '../store/tables.ts'
import { issuedKey } from './ended-key.ts'
import { endTokens, type Invalidation } from './invalidation.ts'
import { type Lifetimes, session, subject } from './what-to-end.ts'

/**
 * Does what a logout token of an identity provider says: the session that it names is over, or all of a
 * user up to then. It is obeyed once, durably.
 *
 * @param admit called when the token has been verified, before anything comes of it; may refuse by throwing
 * @throws Problem `not_found` where no logout tokens of this provider are taken, `logout_token_invalid`,
 *   `identity_provider_unavailable`, `authority_busy`
 */
export async function obeyLogout(
  authority: Authority,
  provider: string,
  text: string,
  admit: () => void,
): Promise<void> {
  const { config, store, lanes, now } = authority
  const { logout, ...lifetimes } = config.authority.sessions
  const rules = Object.hasOwn(logout, provider) ? logout[provider] : undefined
  if (rules === undefined) {
    throw new Problem('not_found', { detail: 'There is no such provider of logout tokens' })
  }
  const token = await verify(authority, provider, text, rules)
  admit()
  const by = { actor: `provider:${provider}`, reason: 'logged out at the provider', now: now() }
  const ended = endedBy(token, rules, { ...lifetimes, now: by.now })
  await lanes.run('sessions', () =>
    store.write(async (tx) => {
      await useOnce(tx, token)
      await endTokens(tx, [ended], by)
    }),
  )
}

async function verify(
  { tokens }: Authority,
  provider: string,
  text: string,
  { clientIds }: LogoutConfig,
): Promise<LogoutToken> {
  try {
    return await tokens.verifyLogout(text, { provider, clientIds })
  } catch (cause) {
    if (!isProblem(cause) || cause.code === 'identity_provider_unavailable') throw cause
    const { code, expected, found } = cause
    throw new Problem('logout_token_invalid', {
      expected: expected ?? 'a logout token that verifies',
      found: `${code}: ${found ?? 'none'}`,
      cause,
    })
  }
}

/** Back-Channel Logout 1.0 §2.4: without a `sid` all sessions of the user are meant. */
function endedBy(token: LogoutToken, { ends }: LogoutConfig, lifetimes: Lifetimes): Invalidation {
  const { issuer, session: sid, subject: sub, issuedAt } = token
  // By the provider's clock: what it issues after the logout counts, whatever ours says.
  if (sub !== undefined && (sid === undefined || ends === 'subject')) {
    return subject(issuer, sub, issuedAt, lifetimes)
  }
  return session(issuer, sid ?? '', true, lifetimes)
}

/** @throws Problem `logout_token_invalid` where it was obeyed before (Back-Channel Logout 1.0 §2.6) */
async function useOnce(
  store: Kysely<Tables>,
  { issuer, tokenId, usableUntil }: LogoutToken,
): Promise<void> {
  const { numInsertedOrUpdatedRows } = await store
    .insertInto('used_logout_tokens')
    .values({ key: issuedKey(issuer, tokenId), keep_until: usableUntil })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 1n) return
  throw new Problem('logout_token_invalid', {
    expected: 'a jti that was not used before',
    found: 'one that was',
  })
}
