import { Problem } from '@sallyport/problem'
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import type { ProviderRules } from './provider-rules.ts'

/** The public keys of a provider, by the header of a token. */
export type KeySet = LocalJWKSet

export type KeySetReaders = {
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly fetch: typeof fetch
  /** For an answer and the whole of it, milliseconds. Default: 5 seconds. */
  readonly timeoutMs?: number
}

const maxBytes = 256 * 1024
const maxKeys = 100
const defaultTimeoutMs = 5_000

/**
 * Reads the JWK Set of a provider (RFC 7517 §5) from its file or URL: at most 256 KiB and 100 keys,
 * in time, no redirects. Keys of kinds that nobody configured stay unused.
 *
 * @throws Problem `identity_provider_unavailable`
 */
export async function loadKeySet(rules: ProviderRules, readers: KeySetReaders): Promise<KeySet> {
  const { keys } = rules
  const source = 'url' in keys ? keys.url.href : keys.path
  try {
    const bytes =
      'url' in keys ? await download(keys.url, readers) : await readers.readFile(keys.path)
    return parseKeySet(bytes)
  } catch (cause) {
    throw new Problem('identity_provider_unavailable', {
      detail: `the keys of ${rules.name} cannot be read`,
      expected: `a JWK Set at ${source}`,
      found: cause instanceof Error ? reasonOf(cause) : String(cause),
      cause,
    })
  }
}

/** @throws Error where the bytes are no JWK Set (RFC 7517 §5) of 1 to 100 keys, or over 256 KiB */
export function parseKeySet(bytes: Uint8Array): KeySet {
  if (bytes.length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`)
  const set = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JSONWebKeySet
  const keys = createLocalJWKSet(set)
  if (set.keys.length > maxKeys) throw new RangeError(`more than ${maxKeys} keys`)
  if (set.keys.length === 0) throw new RangeError('no key')
  return keys
}

async function download(
  url: URL,
  { fetch: fetchFrom, timeoutMs = defaultTimeoutMs }: KeySetReaders,
): Promise<Uint8Array> {
  const response = await fetchFrom(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new Error(`HTTP status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    // Leaving the loop cancels the body: the rest is never read.
    if (length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `fetch failed` alone says nothing: its cause has the reason. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
