import { Problem } from '@sallyport/problem'
import type { Provider } from './provider.ts'

/** Which provider a token is of. */
export type ProviderBook = {
  named(name: string): Provider | undefined
  /** @throws Problem `token_issuer_unknown` where it is of none, or of none of these names */
  ofIssuer(issuer: unknown, names: readonly string[] | undefined): Provider
  /**
   * The one that is asked about a token which names none. Undefined where none is.
   *
   * @throws Problem `token_provider_ambiguous` where there are several: a token is shown to its own alone
   */
  ofOpaque(names: readonly string[] | undefined): Provider | undefined
}

export function createProviderBook(providers: readonly Provider[]): ProviderBook {
  const byName = new Map(providers.map((provider) => [provider.rules.name, provider]))
  const byIssuer = new Map(providers.map((provider) => [provider.rules.issuer, provider]))
  const introspecting = providers.filter(({ introspector }) => introspector !== undefined)
  const among = (names: readonly string[] | undefined, all: readonly Provider[]) =>
    names === undefined ? all : all.filter(({ rules }) => names.includes(rules.name))

  return {
    named: (name) => byName.get(name),
    ofIssuer(issuer, names) {
      const provider = typeof issuer === 'string' ? byIssuer.get(issuer) : undefined
      if (provider !== undefined && names?.includes(provider.rules.name) !== false) return provider
      const allowed = among(names, providers).map(({ rules }) => rules.issuer)
      throw new Problem('token_issuer_unknown', {
        expected: allowed.join(', ') || 'no issuer: none is configured',
        found: typeof issuer === 'string' ? issuer.slice(0, 200) : 'none',
      })
    },
    ofOpaque(names) {
      const [one, ...others] = among(names, introspecting)
      if (others.length === 0) return one
      throw new Problem('token_provider_ambiguous', {
        expected: 'one provider with introspection',
        found: [one, ...others].map((provider) => provider?.rules.name).join(', '),
      })
    },
  }
}
