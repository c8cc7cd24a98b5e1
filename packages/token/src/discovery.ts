import { readJsonObject } from './json-object.ts'
import type { OutgoingClient } from './outgoing/outgoing-client.ts'
import { outgoingUrl } from './outgoing/outgoing-url.ts'

/** Where a provider says that it can be asked. Absent: it does not say, or says what is not asked. */
export type ProviderEndpoints = {
  readonly jwks: URL | undefined
  readonly introspection: URL | undefined
  /** The one for clients with a certificate, where there is a separate one (RFC 8705 §5). */
  readonly mutualTlsIntrospection: URL | undefined
}

const maxBytes = 128 * 1024

/**
 * Finds the endpoints of a provider by its issuer: authorization server metadata (RFC 8414 §3.1), and
 * where that is not there, OpenID Connect Discovery 1.0 §4. The metadata is taken only where it names
 * the very same issuer (RFC 8414 §3.3), to the letter.
 *
 * @throws Error that says what both answered
 */
export async function discoverEndpoints(
  issuer: string,
  ask: OutgoingClient,
  signal: AbortSignal,
): Promise<ProviderEndpoints> {
  const faults: string[] = []
  for (const url of metadataUrls(issuer)) {
    try {
      const { bytes } = await ask({ url, signal, maxBytes, accept: 'application/json' })
      return readMetadata(readJsonObject(bytes), issuer)
    } catch (error) {
      faults.push(`${url.href}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(faults.join('; '))
}

/** RFC 8414 puts the well-known part between host and path of the issuer, OpenID Connect after the path. */
export function metadataUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${origin}${path}/.well-known/openid-configuration`),
  ]
}

function readMetadata(
  metadata: Readonly<Record<string, unknown>>,
  issuer: string,
): ProviderEndpoints {
  if (metadata['issuer'] !== issuer) {
    const found = metadata['issuer']
    throw new Error(
      `it is of another issuer: ${typeof found === 'string' ? JSON.stringify(found.slice(0, 200)) : 'none'}`,
    )
  }
  return {
    jwks: urlOf(metadata, 'jwks_uri'),
    introspection: urlOf(metadata, 'introspection_endpoint'),
    mutualTlsIntrospection: urlOf(
      objectOf(metadata['mtls_endpoint_aliases']),
      'introspection_endpoint',
    ),
  }
}

function urlOf(metadata: Readonly<Record<string, unknown>>, name: string): URL | undefined {
  const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined
  return typeof value === 'string' && value.length <= 2_000 ? outgoingUrl(value) : undefined
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
