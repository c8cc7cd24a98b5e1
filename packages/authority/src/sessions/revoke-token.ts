import { isProblem } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import type { Authority } from '../authority.ts'
import { endTokens } from './invalidation.ts'
import type { RevocationClient } from './revocation-client.ts'
import { verifiedToken } from './what-to-end.ts'

/**
 * Ends an access token that a listed client brings (RFC 7009). It is verified first, so that nobody fills
 * the store with what was never a token; one that does not verify is none that could be used, and its
 * revocation is done (§2.2).
 *
 * @throws Problem `identity_provider_unavailable` where it cannot be told, `authority_busy`
 */
export async function revokeToken(
  authority: Authority,
  text: string,
  { id, providers }: RevocationClient,
): Promise<void> {
  const { store, lanes, now } = authority
  const token = await verifyOrPassOver(authority, text, providers)
  if (token === undefined) return
  const by = { actor: `client:${id}`, reason: 'revoked by its client', now: now() }
  await lanes.run('sessions', () =>
    store.write((tx) => endTokens(tx, [verifiedToken(text, token)], by)),
  )
}

async function verifyOrPassOver(
  { tokens }: Authority,
  text: string,
  providers: readonly string[] | undefined,
): Promise<VerifiedToken | undefined> {
  try {
    return await tokens.verify(text, { providers })
  } catch (error) {
    if (isProblem(error) && error.code !== 'identity_provider_unavailable') return undefined
    throw error
  }
}
