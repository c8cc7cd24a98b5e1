import { readFile as readFileFromDisk } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'
import { compactVerify, errors } from 'jose'
import { checkClaims } from './check-claims.ts'
import { checkHeader } from './check-header.ts'
import { readCompactToken } from './compact-token.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { createKeySource, type KeySource } from './key-source.ts'
import { type KeySet, loadKeySet } from './load-key-set.ts'
import { type ProviderRules, providerRules } from './provider-rules.ts'
import type { VerifiedToken } from './verified-token.ts'

export type TokenVerifierOptions = {
  /** By name. Paths are absolute, or relative to where the process runs. */
  readonly providers: Readonly<Record<string, IdentityProvider>>
  /** For `jwksFile`. Default: from disk. */
  readonly readFile?: (path: string) => Promise<Uint8Array>
  /** For `jwksUrl`. */
  readonly fetch: typeof fetch
  /** Milliseconds. */
  readonly now: () => number
  /** Told when keys of a provider could not be loaded: the last good ones go on being used. */
  readonly onKeysUnavailable?: (provider: string, problem: Problem) => void
}

export type TokenVerifier = {
  /**
   * Verifies an access token of a user: a JWT in compact form, as `Authorization: Bearer` brings it,
   * signed by one of the providers (RFC 9068 §4, RFC 8725). Its issuer says which provider; where
   * `providers` is given, only these count.
   *
   * Not checked: whether the provider revoked it, whether it is bound to a key (DPoP, mutual TLS),
   * scopes, and that it was not used before.
   *
   * @throws Problem `token_too_large`, `token_malformed`, `token_issuer_unknown`,
   *   `token_algorithm_refused`, `token_type_wrong`, `token_key_unknown`, `token_signature_invalid`,
   *   `token_audience_wrong`, `token_expired`, `token_not_yet_valid`, `token_claims_invalid`: a caller
   *   outside hears `token_invalid` or `token_expired`. `identity_provider_unavailable` where the keys
   *   of the provider could not be had even once.
   */
  verify(token: string, options?: { providers?: readonly string[] }): Promise<VerifiedToken>
}

/**
 * Verifies tokens of these providers. Keys are loaded when the first token of a provider comes.
 *
 * @throws Problem `config_invalid`: see `providerRules`
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { fetch, now, readFile = readFileFromDisk, onKeysUnavailable } = options
  const rulesByIssuer = providerRules(options.providers)
  const sources = new Map<ProviderRules, KeySource>()
  for (const rules of rulesByIssuer.values()) {
    const source = createKeySource({
      load: () => loadKeySet(rules, { readFile, fetch }),
      now,
      onFailure: (problem) => onKeysUnavailable?.(rules.name, problem),
    })
    sources.set(rules, source)
  }

  return {
    async verify(token, { providers } = {}) {
      const { header, claims } = readCompactToken(token)
      const issuer = claims['iss']
      const rules = typeof issuer === 'string' ? rulesByIssuer.get(issuer) : undefined
      const source = rules === undefined ? undefined : sources.get(rules)
      if (
        rules === undefined ||
        source === undefined ||
        providers?.includes(rules.name) === false
      ) {
        throw issuerUnknown(issuer, [...rulesByIssuer.values()], providers)
      }
      checkHeader(header, rules)
      await verifySignature(token, rules, source)
      return checkClaims(claims, rules, now())
    },
  }
}

async function verifySignature(
  token: string,
  rules: ProviderRules,
  source: KeySource,
): Promise<void> {
  const keys = await source.keys()
  const failed = await signatureFault(token, rules, keys)
  if (failed?.code !== 'token_key_unknown') {
    if (failed !== undefined) throw failed
    return
  }
  const newer = await source.newerThan(keys)
  const failedAgain = newer === undefined ? failed : await signatureFault(token, rules, newer)
  if (failedAgain !== undefined) throw failedAgain
}

/** Undefined where the signature is one of these keys. */
async function signatureFault(
  token: string,
  { name, algorithms }: ProviderRules,
  keys: KeySet,
): Promise<Problem | undefined> {
  try {
    await compactVerify(token, keys, { algorithms: [...algorithms] })
    return undefined
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      return new Problem('token_signature_invalid', { detail: `by no key of ${name}`, cause })
    }
    return new Problem('token_key_unknown', {
      expected: `exactly one usable key of ${name} for it`,
      found: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}

function issuerUnknown(
  issuer: unknown,
  rules: readonly ProviderRules[],
  providers: readonly string[] | undefined,
): Problem {
  const allowed = rules.filter(({ name }) => providers?.includes(name) !== false)
  return new Problem('token_issuer_unknown', {
    expected: allowed.map((one) => one.issuer).join(', ') || 'no issuer: none is configured',
    found: typeof issuer === 'string' ? issuer.slice(0, 200) : 'none',
  })
}
