import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Problem } from '@sallyport/problem'
import type { UpstreamConfig } from './upstream-config.ts'

/** Where one target is, and how its connections are secured. */
export type Endpoint = {
  /** As in the configuration, without a trailing slash. For people. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** `host:port`, without a default port: what a request without Host is sent with. */
  readonly authority: string
  readonly tls: EndpointTls | undefined
}

export type EndpointTls = {
  readonly secureContext: SecureContext
  /** The name that the certificate must have. */
  readonly name: string
  /** The name sent as SNI: none where the name is an address (RFC 6066 §3). */
  readonly servername: string
  readonly alpn: string[]
  /** The newest session ticket of this endpoint. */
  session: Buffer | undefined
}

/**
 * The endpoints of an upstream. Files are read here, once: paths must be absolute by now.
 *
 * @throws Problem config_unreadable, config_invalid
 */
export function readEndpoints(name: string, config: UpstreamConfig): Endpoint[] {
  const urls = config.targets.map((target) => new URL(target))
  const isTls = urls.some((url) => url.protocol === 'https:')
  const secureContext = isTls ? readSecureContext(name, config) : undefined
  const alpn = config.protocol === 'h2' ? ['h2'] : ['http/1.1']
  return urls.map((url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const certified = config.serverName ?? host
    const tls =
      url.protocol === 'https:' && secureContext !== undefined
        ? {
            secureContext,
            name: certified,
            servername: isIP(certified) ? '' : certified,
            alpn,
            session: undefined,
          }
        : undefined
    const port = Number(url.port) || (tls === undefined ? 80 : 443)
    return { url: url.origin, host, port, authority: url.host, tls }
  })
}

function readSecureContext(name: string, config: UpstreamConfig): SecureContext {
  const { caFile, certificateFile, keyFile } = config
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new Problem('config_invalid', {
      detail: `Upstream ${name} has one of certificateFile and keyFile, and needs both or neither.`,
    })
  }
  const ca = read(name, caFile)
  const cert = read(name, certificateFile)
  const key = read(name, keyFile)
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    })
  } catch (cause) {
    throw new Problem('config_invalid', {
      detail: `The certificates of upstream ${name} cannot be used: ${String(cause)}`,
      cause,
    })
  }
}

function read(name: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Problem('config_unreadable', {
      detail: `Upstream ${name} names a file that cannot be read: ${String(cause)}`,
      cause,
    })
  }
}
