import { readFile } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'
import { errors } from 'jose'
import { faultText } from './fault-text.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { keyLoader } from './key-loader.ts'
import type { KeySet } from './load-key-set.ts'
import { createClientOfFiles } from './outgoing/client-of-files.ts'
import type { OutgoingClient } from './outgoing/outgoing-client.ts'
import {
  createEndpointSource,
  type EndpointSource,
  introspectionUrl,
} from './provider-endpoints.ts'
import { type ProviderRules, providerRules } from './provider-rules.ts'

/** What can be seen of a provider without a token of it. */
export type ProviderExamination = {
  /** How many keys it publishes; undefined where all its tokens are opaque. */
  readonly keys: number | undefined
  /** Those of `algorithms` that one of its keys fits. */
  readonly usableAlgorithms: readonly string[]
  /** Where it is asked about tokens. */
  readonly introspection: string | undefined
  /** Milliseconds that its clock is ahead of ours, to the second; undefined where nothing was asked of it. */
  readonly clockAheadMs: number | undefined
}

/**
 * Asks a provider for its metadata and keys once, as verifying its first token would.
 *
 * Not checked: whether introspection takes our credentials, which only a question about a token shows.
 *
 * @param provider paths in it are absolute, or relative to where the process runs
 * @throws Problem `identity_provider_unavailable`: `found` says of each URL what it answered;
 *   `config_invalid`: see `providerRules`
 */
export async function examineProvider(
  name: string,
  provider: IdentityProvider,
  now: () => number,
): Promise<ProviderExamination> {
  const rules = providerRules({ [name]: provider }).get(provider.issuer) as ProviderRules
  let clockAheadMs: number | undefined
  const onFailure = (): void => {}
  const ask = createClientOfFiles(
    { ca: rules.caFile },
    { addresses: rules.addresses, resolveName: undefined, readFile, now, onFailure },
  )
  const client: OutgoingClient = async (request) => {
    const answer = await ask(request)
    if (answer.serverTime !== undefined) clockAheadMs = answer.serverTime - now()
    return answer
  }
  const endpoints = createEndpointSource(rules, { client, now, onFailure })
  const introspection = await introspectionOf(rules, endpoints)
  const keys =
    rules.keys === undefined
      ? undefined
      : await keyLoader(name, rules.keys, { client, endpoints, readFile })(
          AbortSignal.timeout(timeoutMs),
        )
  return {
    keys: keys?.members.size,
    usableAlgorithms: keys === undefined ? [] : await fitting(keys, rules.algorithms),
    introspection: introspection?.href,
    clockAheadMs,
  }
}

const timeoutMs = 8_000

/** @throws Problem `identity_provider_unavailable` */
async function introspectionOf(
  { name, introspection }: ProviderRules,
  endpoints: EndpointSource,
): Promise<URL | undefined> {
  if (introspection === undefined) return undefined
  if (introspection.url !== undefined) return introspection.url
  const found = await endpoints.value()
  try {
    return introspectionUrl(found, introspection)
  } catch (cause) {
    throw new Problem('identity_provider_unavailable', {
      detail: `${name} cannot be asked about tokens`,
      expected: 'introspection_endpoint in its metadata, or introspection.url',
      found: faultText(cause),
      cause,
    })
  }
}

async function fitting(keys: KeySet, algorithms: readonly string[]): Promise<string[]> {
  const fits = await Promise.all(algorithms.map((alg) => isFitting(keys, alg)))
  return algorithms.filter((_, index) => fits[index])
}

async function isFitting(keys: KeySet, alg: string): Promise<boolean> {
  try {
    await keys.find({ alg })
    return true
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return true
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
