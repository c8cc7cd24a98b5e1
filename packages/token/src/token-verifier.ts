import { readFile as readFileFromDisk } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'
import { checkClaims } from './check-claims.ts'
import { checkHeader } from './check-header.ts'
import { type CompactToken, isOpaqueToken, readCompactToken } from './compact-token.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { confirmedByAnswer, tokenOfAnswer } from './introspection/check-answer.ts'
import type { WhenAway } from './introspection/introspector.ts'
import { checkLogoutClaims, checkLogoutHeader, type LogoutToken } from './logout-token.ts'
import type { ResolveName } from './outgoing/address-policy.ts'
import { createProvider, type Provider } from './provider.ts'
import { createProviderBook } from './provider-book.ts'
import { providerRules } from './provider-rules.ts'
import type { VerifiedToken } from './verified-token.ts'
import { verifySignature } from './verify-signature.ts'

export type TokenVerifierOptions = {
  /** By name. Paths are absolute, or relative to where the process runs. */
  readonly providers: Readonly<Record<string, IdentityProvider>>
  /** For the files that they name. Default: from disk. */
  readonly readFile?: (path: string) => Promise<Uint8Array>
  /** For names of hosts. Default: as the system resolves them. */
  readonly resolveName?: ResolveName
  /** Milliseconds. */
  readonly now: () => number
  /** Told when a provider could not be asked for something: the last keys go on being used. */
  readonly onUnavailable?: (provider: string, problem: Problem) => void
}

export type VerifyOptions = {
  /** Names of those that count. Default: all. */
  readonly providers?: readonly string[] | undefined
  /** For tokens that the provider is asked about. Default: `refuse`. */
  readonly whenAway?: WhenAway | undefined
}

export type LogoutOptions = {
  readonly provider: string
  /** What its audience must name one of: the app, as the provider knows it. */
  readonly clientIds: readonly string[]
}

export type TokenVerifier = {
  /**
   * Verifies an access token of a user, as `Authorization` brings it. A JWT in compact form was signed by
   * the provider that its issuer names (RFC 9068 §4, RFC 8725); the provider is asked about any other
   * (RFC 7662), and about JWTs as well where `introspection.always` says so.
   *
   * Takes at most about 8 seconds, with the default `introspection.timeoutMs`, when a provider hangs.
   *
   * Not checked: whether its bearer holds the key that `confirmation` names, whether the operator ended
   * it, scopes, and that it was not used before.
   *
   * @throws Problem `token_too_large`, `token_malformed`, `token_issuer_unknown`,
   *   `token_algorithm_refused`, `token_type_wrong`, `token_key_unknown`, `token_signature_invalid`,
   *   `token_audience_wrong`, `token_expired`, `token_not_yet_valid`, `token_claims_invalid`,
   *   `token_confirmation_unknown`, `token_confirmation_hex`, `token_inactive`: a caller outside hears
   *   `token_invalid` or `token_expired`. `identity_provider_unavailable` where it has to be asked, and
   *   cannot be. `token_provider_ambiguous` where an opaque token could be of several.
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken>
  /**
   * Verifies a logout token of a provider (OpenID Connect Back-Channel Logout 1.0 §2.6), signed as its
   * JWTs are.
   *
   * Not checked: that it was not used before.
   *
   * @throws Problem as `verify`
   */
  verifyLogout(token: string, options: LogoutOptions): Promise<LogoutToken>
  /**
   * A number that changes whenever remembered verdicts about tokens of a provider must be dropped: it
   * withdrew a key, or its keys became too old. No number is given twice, nor by another verifier in this
   * thread. Asking also has keys loaded again beside, where they are due. Costs next to nothing.
   */
  keysVersion(provider: string): number
}

/**
 * Verifies tokens of these providers. Nothing is loaded before the first token of a provider comes.
 *
 * @throws Problem `config_invalid`: see `providerRules`
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { now, onUnavailable, resolveName, readFile = readFileFromDisk } = options
  const surroundings = {
    readFile,
    resolveName,
    now,
    onUnavailable: (provider: string, problem: Problem) => onUnavailable?.(provider, problem),
  }
  const rules = providerRules(options.providers)
  const book = createProviderBook(
    [...rules.values()].map((one) => createProvider(one, surroundings)),
  )

  return {
    async verify(token, { providers, whenAway = 'refuse' } = {}) {
      const introspecting = isOpaqueToken(token) ? book.ofOpaque(providers) : undefined
      if (introspecting !== undefined) return introspected(token, introspecting, whenAway, now)
      const compact = readCompactToken(token)
      const provider = book.ofIssuer(compact.claims['iss'], providers)
      if (provider.keys === undefined) return introspected(token, provider, whenAway, now)
      const verified = await verifiedHere(token, compact, provider, now)
      if (provider.rules.introspection?.isAlways !== true) return verified
      const answer = await introspectorOf(provider).ask(token, whenAway)
      return confirmedByAnswer(verified, answer, provider.rules)
    },
    async verifyLogout(token, { provider: name, clientIds }) {
      const { header, claims } = readCompactToken(token)
      const { rules, keys } = book.ofIssuer(claims['iss'], [name])
      checkLogoutHeader(header, rules)
      if (keys === undefined) {
        throw new Problem('token_key_unknown', {
          expected: `keys of ${name}`,
          found: 'none: all its tokens are opaque',
        })
      }
      await verifySignature(token, rules, keys)
      return checkLogoutClaims(claims, rules, clientIds, now())
    },
    keysVersion: (name) => book.named(name)?.version() ?? 0,
  }
}

async function verifiedHere(
  token: string,
  { header, claims }: CompactToken,
  { rules, keys }: Provider,
  now: () => number,
): Promise<VerifiedToken> {
  if (keys === undefined) throw new TypeError(`${rules.name} has no keys`)
  checkHeader(header, rules)
  await verifySignature(token, rules, keys)
  const verified = checkClaims(claims, rules, now())
  return { ...verified, goodUntil: Math.min(verified.goodUntil, keys.goodUntil()) }
}

async function introspected(
  token: string,
  provider: Provider,
  whenAway: WhenAway,
  now: () => number,
): Promise<VerifiedToken> {
  const answer = await introspectorOf(provider).ask(token, whenAway)
  return tokenOfAnswer(answer, provider.rules, now())
}

function introspectorOf({ rules, introspector }: Provider) {
  if (introspector === undefined) throw new TypeError(`${rules.name} is not asked about tokens`)
  return introspector
}
