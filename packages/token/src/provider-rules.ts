import { configProblem, type Problem } from '@sallyport/problem'
import type { IdentityProvider } from './identity-provider.ts'
import { signatureAlgorithmNames } from './signature-algorithms.ts'

/** What tokens of a provider are held to: its configuration, defaults filled in. */
export type ProviderRules = {
  readonly name: string
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
  readonly tokenType: 'at+jwt' | 'JWT'
  readonly subjectClaim: string
  readonly sessionClaim: string
  readonly keys: { readonly url: URL } | { readonly path: string }
}

/**
 * The rules of all providers, by issuer.
 *
 * @throws Problem `config_invalid` where two have one issuer, where keys come from nowhere or from two
 *   places, or over a connection that anyone between could change
 */
export function providerRules(
  providers: Readonly<Record<string, IdentityProvider>>,
): ReadonlyMap<string, ProviderRules> {
  const byIssuer = new Map<string, ProviderRules>()
  for (const [name, provider] of Object.entries(providers)) {
    const twin = byIssuer.get(provider.issuer)
    if (twin !== undefined) {
      throw invalid(name, 'an issuer of its own', `that of ${twin.name}: ${provider.issuer}`)
    }
    byIssuer.set(provider.issuer, rulesOf(name, provider))
  }
  return byIssuer
}

function rulesOf(name: string, provider: IdentityProvider): ProviderRules {
  const { issuer, audience, algorithms = ['ES256', 'RS256'] } = provider
  const unknown = algorithms.find((one) => !signatureAlgorithmNames.includes(one))
  if (unknown !== undefined || algorithms.length === 0) {
    throw invalid(name, `algorithms of ${signatureAlgorithmNames.join(', ')}`, unknown ?? 'none')
  }
  return {
    name,
    issuer,
    audience,
    algorithms,
    tokenType: provider.tokenType ?? 'at+jwt',
    subjectClaim: provider.subjectClaim ?? 'sub',
    sessionClaim: provider.sessionClaim ?? 'sid',
    keys: keysOf(name, provider),
  }
}

function keysOf(name: string, { jwksUrl, jwksFile }: IdentityProvider): ProviderRules['keys'] {
  if ((jwksUrl === undefined) === (jwksFile === undefined)) {
    throw invalid(name, 'either jwksUrl or jwksFile', jwksUrl === undefined ? 'none' : 'both')
  }
  if (jwksFile !== undefined) return { path: jwksFile }
  const url = URL.parse(jwksUrl ?? '')
  if (url === null || !isSafe(url) || url.username !== '' || url.password !== '') {
    throw invalid(name, 'jwksUrl: https, or http on this machine, and no password', jwksUrl ?? '')
  }
  return { url }
}

/** Keys from elsewhere over plain HTTP would be those of whoever sits in between. */
function isSafe({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  return protocol === 'http:' && /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname)
}

function invalid(name: string, expected: string, found: string): Problem {
  const facts = { expected, found }
  return configProblem('config_invalid', ['identityProviders', name], 'it cannot be used', facts)
}
