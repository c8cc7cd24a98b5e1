import type { Problem } from '@sallyport/problem'
import type { FileSurroundings } from './file-value.ts'
import { clientAuthentication } from './introspection/client-authentication.ts'
import type { IntrospectionRules } from './introspection/introspection-rules.ts'
import { createIntrospector, type Introspector } from './introspection/introspector.ts'
import { keyLoader } from './key-loader.ts'
import { createKeySource, keyLives, type KeySource, nextVersion } from './key-source.ts'
import type { ResolveName } from './outgoing/address-policy.ts'
import { createClientOfFiles } from './outgoing/client-of-files.ts'
import {
  createEndpointSource,
  type EndpointSource,
  introspectionUrl,
} from './provider-endpoints.ts'
import type { ProviderRules } from './provider-rules.ts'

/** An identity provider as this process knows it. Nothing is asked before its first token comes. */
export type Provider = {
  readonly rules: ProviderRules
  /** Undefined where all its tokens are opaque. */
  readonly keys: KeySource | undefined
  readonly introspector: Introspector | undefined
  /** Another number whenever what was verified before must be verified anew. */
  version(): number
}

export type ProviderSurroundings = Pick<FileSurroundings, 'readFile' | 'now'> & {
  readonly resolveName: ResolveName | undefined
  readonly onUnavailable: (provider: string, problem: Problem) => void
}

/** What a provider is asked with, and who hears that it could not be. */
type Means = FileSurroundings & Pick<ProviderSurroundings, 'resolveName'>

export function createProvider(rules: ProviderRules, surroundings: ProviderSurroundings): Provider {
  const means: Means = { ...surroundings, onFailure: onceEach(rules.name, surroundings) }
  const { now, onFailure, readFile } = means
  const client = createClientOfFiles({ ca: rules.caFile }, { ...means, addresses: rules.addresses })
  const endpoints = createEndpointSource(rules, { client, now, onFailure })
  const keys =
    rules.keys === undefined
      ? undefined
      : createKeySource({
          load: keyLoader(rules.name, rules.keys, { client, endpoints, readFile }),
          now,
          lives: keyLives(rules.maxKeyAgeMs),
          onFailure,
        })
  const { introspection } = rules
  const created = nextVersion()
  return {
    rules,
    keys,
    introspector:
      introspection === undefined
        ? undefined
        : introspectorOf(rules, introspection, { means, endpoints }),
    version: () => keys?.version() ?? created,
  }
}

/** With a client of its own, as the certificate that it may present is for nothing else. */
function introspectorOf(
  { name, issuer, caFile, addresses }: ProviderRules,
  rules: IntrospectionRules,
  { means, endpoints }: { means: Means; endpoints: EndpointSource },
): Introspector {
  const { credentials, authentication } = rules
  const certificate =
    authentication === 'tls_client_auth'
      ? { cert: credentials.certificateFile, key: credentials.privateKeyFile }
      : {}
  return createIntrospector({
    provider: name,
    rules,
    endpoint: async () => rules.url ?? introspectionUrl(await endpoints.value(), rules),
    client: createClientOfFiles({ ca: caFile, ...certificate }, { ...means, addresses }),
    authenticate: clientAuthentication({ ...means, issuer, rules }),
    now: means.now,
    onFailure: means.onFailure,
  })
}

/** Keys that are not found because their metadata is not are one failure. */
function onceEach(name: string, { onUnavailable }: ProviderSurroundings) {
  let told: Problem | undefined
  return (problem: Problem) => {
    if (problem !== told) onUnavailable(name, problem)
    told = problem
  }
}
