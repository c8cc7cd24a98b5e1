import { Problem } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import type { Authority } from '../authority.ts'
import type { UserConfig } from '../config/user-config.ts'
import type { PolicyGate } from '../enrollment/policy-gate.ts'
import { refuseEnded } from '../sessions/refuse-ended.ts'

/** A user of an identity provider: the subject is unique within it alone. */
export type User = { provider: string; subject: string }

/** The user that a token names, and the token: whatever is written for them asks again whether it has ended. */
export type SignedIn = { readonly user: User; readonly token: VerifiedToken; readonly text: string }

/**
 * The user that a message brings an access token of, as policy asks. A token that is there and is not
 * good is refused in mode `optional`, too: it is no message without a token.
 *
 * Verifying asks no more than a signature and a few claims, and comes before evidence is appraised. In
 * mode `shadow` whoever brings no good token is nobody.
 *
 * @param accessToken reads the header, where policy asks for it
 * @throws Problem `token_required`, `token_header_invalid`, `token_binding_unchecked`, those of `refuseEnded`, and what
 *   verifying refuses with
 */
export async function admitUser(
  { tokens, store }: Pick<Authority, 'tokens' | 'store'>,
  { mode, provider = '' }: UserConfig,
  gate: PolicyGate,
  accessToken: () => string | undefined,
): Promise<SignedIn | undefined> {
  if (mode === 'none') return undefined
  try {
    const text = accessToken()
    if (text !== undefined) {
      const token = await tokens.verify(text, { providers: [provider] })
      refuseBound(token.confirmation)
      await refuseEnded(store.read, token, text)
      return { user: { provider, subject: token.subject }, token, text }
    }
    if (mode === 'required') {
      throw new Problem('token_required', { expected: `a token of ${provider}`, found: 'none' })
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    gate.refuse('user', error)
  }
  return undefined
}

/**
 * A phone that enrols has proved no key but the one that it enrols, and nobody bound a token to that. Who
 * stole a bound token would otherwise have a device of its user's with it (RFC 9449 §7.1, RFC 8705 §3).
 */
function refuseBound(confirmation: VerifiedToken['confirmation']): void {
  const [method] = Object.keys(confirmation)
  if (method === undefined) return
  throw new Problem('token_binding_unchecked', {
    expected: 'a token for enrolment that is not bound to a key',
    found: `one bound by ${method}`,
  })
}
