import { Problem } from '@sallyport/problem'
import { discoverEndpoints, type ProviderEndpoints } from './discovery.ts'
import { faultText } from './fault-text.ts'
import type { IntrospectionRules } from './introspection/introspection-rules.ts'
import { keyLives } from './key-source.ts'
import type { OutgoingClient } from './outgoing/outgoing-client.ts'
import type { ProviderRules } from './provider-rules.ts'
import { createRefreshedValue, type RefreshedValue } from './refreshed-value.ts'

/** Where a provider is asked, by its metadata, over time. Nothing is asked before one of them is needed. */
export type EndpointSource = Pick<RefreshedValue<ProviderEndpoints>, 'value'>

export function createEndpointSource(
  { name, issuer, maxKeyAgeMs }: ProviderRules,
  surroundings: {
    readonly client: OutgoingClient
    readonly now: () => number
    readonly onFailure: (problem: Problem) => void
  },
): EndpointSource {
  const { client, now, onFailure } = surroundings
  return createRefreshedValue({
    load: async (signal) => {
      try {
        return await discoverEndpoints(issuer, client, signal)
      } catch (cause) {
        throw new Problem('identity_provider_unavailable', {
          detail: `the metadata of ${name} cannot be read`,
          expected: `metadata of the issuer ${issuer}`,
          found: faultText(cause),
          cause,
        })
      }
    },
    now,
    // Keys are waited for longer, and this is part of it.
    lives: { ...keyLives(maxKeyAgeMs), timeoutMs: 3_000 },
    onFailure,
  })
}

/** @throws Problem `identity_provider_unavailable` where the metadata names no keys that may be asked for */
export function jwksUrl(name: string, { jwks }: ProviderEndpoints): URL {
  if (jwks !== undefined) return jwks
  throw new Problem('identity_provider_unavailable', {
    detail: `the keys of ${name} cannot be read`,
    expected: 'jwks_uri in its metadata: https, or http on this machine',
    found: 'none',
  })
}

/** @throws Error where the metadata names none that may be asked */
export function introspectionUrl(
  { introspection, mutualTlsIntrospection }: ProviderEndpoints,
  { authentication }: IntrospectionRules,
): URL {
  const separate = authentication === 'tls_client_auth' ? mutualTlsIntrospection : undefined
  const url = separate ?? introspection
  if (url !== undefined) return url
  throw new Error('no introspection_endpoint in its metadata: https, or http on this machine')
}
