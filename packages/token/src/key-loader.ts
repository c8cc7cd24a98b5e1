import { Problem } from '@sallyport/problem'
import { faultText } from './fault-text.ts'
import type { FileSurroundings } from './file-value.ts'
import { maxKeySetBytes } from './key-set-text.ts'
import { type KeySet, parseKeySet } from './load-key-set.ts'
import type { OutgoingClient } from './outgoing/outgoing-client.ts'
import { type EndpointSource, jwksUrl } from './provider-endpoints.ts'
import type { KeyPlace } from './provider-rules.ts'

/**
 * Loads the keys of a provider from where its rules say that they are.
 *
 * @throws Problem `identity_provider_unavailable`, when called
 */
export function keyLoader(
  name: string,
  place: KeyPlace,
  from: {
    readonly client: OutgoingClient
    readonly endpoints: EndpointSource
    readonly readFile: FileSurroundings['readFile']
  },
): (signal: AbortSignal) => Promise<KeySet> {
  const accept = 'application/jwk-set+json, application/json'
  return async (signal) => {
    const source =
      place === 'discovered' ? { url: jwksUrl(name, await from.endpoints.value()) } : place
    try {
      if ('path' in source) return parseKeySet(await from.readFile(source.path))
      const { url } = source
      const { bytes } = await from.client({ url, signal, maxBytes: maxKeySetBytes, accept })
      return parseKeySet(bytes)
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
