import { Problem } from '@sallyport/problem'
import { discoverEndpoints, type ProviderEndpoints } from './discovery.ts'
import { faultText } from './fault-text.ts'
import type { FileSurroundings } from './file-value.ts'
import { clientAuthentication } from './introspection/client-authentication.ts'
import type { IntrospectionRules } from './introspection/introspection-rules.ts'
import { createIntrospector, type Introspector } from './introspection/introspector.ts'
import { createKeySource, keyLives, type KeySource, nextVersion } from './key-source.ts'
import { maxKeySetBytes, parseKeySet } from './load-key-set.ts'
import type { ResolveName } from './outgoing/address-policy.ts'
import { createClientOfFiles } from './outgoing/client-of-files.ts'
import type { OutgoingClient } from './outgoing/outgoing-client.ts'
import type { KeyPlace, ProviderRules } from './provider-rules.ts'
import { createRefreshedValue, type RefreshedValue } from './refreshed-value.ts'

/** An identity provider as this process knows it. Nothing is asked before its first token comes. */
export type Provider = {
  readonly rules: ProviderRules
  /** Undefined where all its tokens are opaque. */
  readonly keys: KeySource | undefined
  readonly introspector: Introspector | undefined
  /** Another number whenever what was verified before must be verified anew. */
  version(): number
}

export type ProviderSurroundings = {
  readonly readFile: FileSurroundings['readFile']
  readonly resolveName: ResolveName | undefined
  /** Milliseconds. */
  readonly now: () => number
  readonly onUnavailable: (provider: string, problem: Problem) => void
}

export function createProvider(rules: ProviderRules, surroundings: ProviderSurroundings): Provider {
  const { now, readFile, resolveName } = surroundings
  const onFailure = (problem: Problem) => surroundings.onUnavailable(rules.name, problem)
  const files = { readFile, now, onFailure }
  const outgoing = { ...files, addresses: rules.addresses, resolveName }
  const client = createClientOfFiles({ ca: rules.caFile }, outgoing)
  const endpoints = endpointsOf(rules, { client, now, onFailure })
  const created = nextVersion()

  const keys =
    rules.keys === undefined
      ? undefined
      : createKeySource({
          load: keyLoader(rules, rules.keys, { client, endpoints, readFile }),
          now,
          lives: keyLives(rules.maxKeyAgeMs),
          onFailure,
        })

  function introspectorOf(introspection: IntrospectionRules): Introspector {
    const { credentials, authentication } = introspection
    const certificate =
      authentication === 'tls_client_auth'
        ? { cert: credentials.certificateFile, key: credentials.privateKeyFile }
        : {}
    return createIntrospector({
      provider: rules.name,
      rules: introspection,
      endpoint: async () =>
        introspection.url ?? introspectionUrl(await endpoints.value(), introspection),
      client: createClientOfFiles({ ca: rules.caFile, ...certificate }, outgoing),
      authenticate: clientAuthentication({
        ...files,
        issuer: rules.issuer,
        rules: introspection,
      }),
      now,
      onFailure,
    })
  }

  return {
    rules,
    keys,
    introspector:
      rules.introspection === undefined ? undefined : introspectorOf(rules.introspection),
    version: () => keys?.version() ?? created,
  }
}

/** Asked for only where something of them is needed. */
function endpointsOf(
  { name, issuer, maxKeyAgeMs }: ProviderRules,
  {
    client,
    now,
    onFailure,
  }: { client: OutgoingClient; now: () => number; onFailure: (problem: Problem) => void },
): RefreshedValue<ProviderEndpoints> {
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

function keyLoader(
  { name }: ProviderRules,
  place: KeyPlace,
  {
    client,
    endpoints,
    readFile,
  }: {
    client: OutgoingClient
    endpoints: RefreshedValue<ProviderEndpoints>
    readFile: FileSurroundings['readFile']
  },
) {
  const accept = 'application/jwk-set+json, application/json'
  return async (signal: AbortSignal) => {
    const source =
      typeof place === 'object' ? place : { url: jwksUrl(name, await endpoints.value()) }
    try {
      return parseKeySet(
        'url' in source
          ? (await client({ url: source.url, signal, maxBytes: maxKeySetBytes, accept })).bytes
          : await readFile(source.path),
      )
    } catch (cause) {
      throw new Problem('identity_provider_unavailable', {
        detail: `the keys of ${name} cannot be read`,
        expected: `a JWK Set at ${'url' in source ? source.url.href : source.path}`,
        found: faultText(cause),
        cause,
      })
    }
  }
}

function jwksUrl(name: string, { jwks }: ProviderEndpoints): URL {
  if (jwks !== undefined) return jwks
  throw new Problem('identity_provider_unavailable', {
    detail: `the keys of ${name} cannot be read`,
    expected: 'jwks_uri in its metadata: https, or http on this machine',
    found: 'none',
  })
}

function introspectionUrl(
  endpoints: ProviderEndpoints,
  { authentication }: IntrospectionRules,
): URL {
  const { introspection, mutualTlsIntrospection } = endpoints
  const url =
    authentication === 'tls_client_auth' ? (mutualTlsIntrospection ?? introspection) : introspection
  if (url !== undefined) return url
  throw new Error('its metadata has no introspection_endpoint')
}
