import { configProblem, type Problem } from '@sallyport/problem'
import type { IdentityProvider } from './identity-provider.ts'
import { type IntrospectionRules, introspectionRules } from './introspection/introspection-rules.ts'
import { maxLifetimeHoursByDefault } from './max-lifetime.ts'
import { addressPolicy, type AddressPolicy } from './outgoing/address-policy.ts'
import { outgoingUrl } from './outgoing/outgoing-url.ts'
import { signatureAlgorithmNames } from './signature-algorithms.ts'

/** What tokens of a provider are held to: its configuration, defaults filled in. */
export type ProviderRules = {
  readonly name: string
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
  readonly tokenType: 'at+jwt' | 'JWT' | 'opaque'
  readonly subjectClaim: string
  readonly sessionClaim: string
  /** In the order in which they are looked for. */
  readonly clientClaims: readonly string[]
  readonly clockLeewaySeconds: number
  readonly expiryLeewaySeconds: number
  readonly maxLifetimeSeconds: number
  /** Undefined where all its tokens are opaque. */
  readonly keys: KeyPlace | undefined
  readonly maxKeyAgeMs: number
  readonly caFile: string | undefined
  readonly addresses: AddressPolicy
  readonly introspection: IntrospectionRules | undefined
}
export type KeyPlace = { readonly url: URL } | { readonly path: string } | 'discovered'

/**
 * The rules of all providers, by issuer.
 *
 * @throws Problem `config_invalid`, with the pointer of the member, where members contradict each other,
 *   two providers have one issuer, or something is asked over a connection that anyone between could change
 */
export function providerRules(
  providers: Readonly<Record<string, IdentityProvider>>,
): ReadonlyMap<string, ProviderRules> {
  const byIssuer = new Map<string, ProviderRules>()
  for (const [name, provider] of Object.entries(providers)) {
    const twin = byIssuer.get(provider.issuer)
    if (twin !== undefined) {
      const found = `that of ${twin.name}: ${provider.issuer}`
      throw invalid([name, 'issuer'], 'an issuer of its own', found)
    }
    byIssuer.set(provider.issuer, rulesOf(name, provider))
  }
  return byIssuer
}

function rulesOf(name: string, provider: IdentityProvider): ProviderRules {
  const { issuer, audience, algorithms = ['ES256', 'RS256'], tokenType = 'at+jwt' } = provider
  const unknown = algorithms.find((one) => !signatureAlgorithmNames.includes(one))
  if (unknown !== undefined || algorithms.length === 0) {
    const expected = `algorithms of ${signatureAlgorithmNames.join(', ')}`
    throw invalid([name, 'algorithms'], expected, unknown ?? 'none')
  }
  refuseUnusedKeys(name, provider)
  const keys = tokenType === 'opaque' ? undefined : keysOf(name, provider)
  const introspection =
    provider.introspection === undefined
      ? undefined
      : introspectionRules(provider.introspection, ['identityProviders', name, 'introspection'])
  const discovered = discoveredFrom(name, provider, { keys, introspection })
  const urls = [keyUrl(keys), introspection?.url, discovered].filter((url) => url !== undefined)
  return {
    name,
    issuer,
    audience,
    algorithms,
    tokenType,
    subjectClaim: provider.subjectClaim ?? 'sub',
    sessionClaim: provider.sessionClaim ?? 'sid',
    clientClaims:
      provider.clientClaim === undefined ? ['client_id', 'azp'] : [provider.clientClaim],
    clockLeewaySeconds: provider.clockLeewaySeconds ?? 10,
    expiryLeewaySeconds: provider.expiryLeewaySeconds ?? 0,
    maxLifetimeSeconds: (provider.maxLifetimeHours ?? maxLifetimeHoursByDefault) * 3_600,
    keys,
    maxKeyAgeMs: (provider.maxKeyAgeSeconds ?? 86_400) * 1_000,
    caFile: provider.caFile,
    addresses: addressPolicy(provider.privateAddresses ?? false, urls),
    introspection,
  }
}

/** A provider all of whose tokens it is asked about has no use for keys. */
function refuseUnusedKeys(name: string, provider: IdentityProvider): void {
  if (provider.tokenType !== 'opaque') return
  if (provider.introspection === undefined) {
    throw invalid([name, 'tokenType'], 'introspection, for opaque tokens', 'none')
  }
  // What has a default is there where nobody wrote it.
  const unused = (['jwksUrl', 'jwksFile'] as const).find((member) => provider[member] !== undefined)
  if (unused !== undefined) {
    throw invalid([name, unused], `no ${unused}: tokens are opaque, and have no signature`, 'one')
  }
}

function keysOf(name: string, { jwksUrl, jwksFile }: IdentityProvider): KeyPlace {
  if (jwksUrl !== undefined && jwksFile !== undefined) {
    throw invalid([name, 'jwksFile'], 'either jwksUrl or jwksFile, or neither', 'both')
  }
  if (jwksFile !== undefined) return { path: jwksFile }
  if (jwksUrl === undefined) return 'discovered'
  const url = outgoingUrl(jwksUrl)
  if (url === undefined) {
    const expected = 'jwksUrl: https, or http on this machine, and no password'
    throw invalid([name, 'jwksUrl'], expected, jwksUrl)
  }
  return { url }
}

/** Undefined where nothing has to be discovered. */
function discoveredFrom(
  name: string,
  { issuer }: IdentityProvider,
  { keys, introspection }: Pick<ProviderRules, 'keys' | 'introspection'>,
): URL | undefined {
  const asksNothing = introspection === undefined || introspection.url !== undefined
  if (keys !== 'discovered' && asksNothing) return undefined
  const url = outgoingUrl(issuer)
  if (url !== undefined && url.search === '') return url
  const missing = keys === 'discovered' ? 'jwksUrl or jwksFile' : 'introspection.url'
  const expected = `${missing}, or an issuer that can be asked: https, or http on this machine`
  throw invalid([name, 'issuer'], expected, issuer)
}

function keyUrl(keys: KeyPlace | undefined): URL | undefined {
  return typeof keys === 'object' && 'url' in keys ? keys.url : undefined
}

function invalid(path: readonly string[], expected: string, found: string): Problem {
  const facts = { expected, found }
  return configProblem('config_invalid', ['identityProviders', ...path], 'it cannot be used', facts)
}
