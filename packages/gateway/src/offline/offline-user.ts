import { isProblem, Problem } from '@sallyport/problem'
import {
  type IdentityProvider,
  type ProviderRules,
  providerRules,
  readClaims,
  type VerifiedToken,
} from '@sallyport/token/verify'
import { checkAuthentication } from '../tokens/check-authentication.ts'
import { tokenRules } from '../tokens/token-rules.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'
import { type Decide, pass, type Refusal } from '../pipeline/stage.ts'
import type { OfflineUser } from './offline-request.ts'

export type UserOf = (user: OfflineUser, at: number) => VerifiedToken | Refusal

/** Reads the claims of described users as those of verified tokens are read. */
export function offlineUsers(providers: Readonly<Record<string, IdentityProvider>>): UserOf {
  const rules = new Map<string, ProviderRules>()
  for (const one of providerRules(providers).values()) rules.set(one.name, one)
  return ({ provider, claims }, at) => {
    const known = rules.get(provider)
    if (known === undefined) {
      throw new Problem('command_usage', {
        detail: 'a case names an identity provider that is not there',
        expected: `one of ${[...rules.keys()].join(', ') || 'identityProviders, which is empty'}`,
        found: provider,
      })
    }
    const seconds = Math.floor(at / 1_000)
    try {
      return readClaims({ iat: seconds, exp: seconds + 300, ...claims }, known, at)
    } catch (error) {
      if (!isProblem(error)) throw error
      const { code, expected, found } = error
      return {
        code,
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found }),
      }
    }
  }
}

/**
 * In place of the stage token: what was given is taken as verified, and held against what the route demands
 * of users. A binding is not looked at, since there is neither a token nor a proof.
 */
export function givenUser(
  settings: TokenSettings,
  realm: string,
  userNow: () => VerifiedToken | Refusal | undefined,
): Decide {
  const rules = tokenRules(settings, realm)
  const { isRequired, providers } = rules
  return (request) => {
    const user = userNow()
    if (user === undefined) return isRequired ? { code: 'token_required', check: 'user' } : pass
    if ('code' in user) return user
    if (providers?.has(user.provider) === false) {
      return {
        code: 'token_issuer_unknown',
        check: 'provider',
        expected: `one of ${[...providers].join(', ')}`,
        found: user.provider,
      }
    }
    const against = checkAuthentication(user, rules, request.at)
    if (against !== undefined) return against
    request.user = user
    return pass
  }
}
