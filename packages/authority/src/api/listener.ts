import { readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { Server as TlsServer } from 'node:tls'
import type { TlsListenerConfig } from '../config/authority-config.ts'
import { listenAddress } from '../config/listen-address.ts'
import type { Api } from './api-server.ts'

/** Certificate chain and key of a listener, PEM. @throws Problem `config_unreadable` */
export function readTlsFiles(
  directory: string,
  listener: TlsListenerConfig,
): { cert: string; key: string } {
  const read = (file: string) => {
    const path = resolvePath(directory, file)
    try {
      return readFileSync(path, 'utf8')
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause)
      throw new Problem('config_unreadable', { detail: `${path}: ${said}`, cause })
    }
  }
  return { cert: read(listener.certificateFile), key: read(listener.keyFile) }
}

/**
 * Listens, and tells where.
 *
 * @throws Problem `port_in_use`
 */
export async function serve(api: Api, listen: string, scheme: 'http' | 'https'): Promise<string> {
  const { host, port } = listenAddress(listen)
  try {
    // The server of an API that does TLS itself looks like plain HTTP to Fastify, and is logged as that.
    const listenTextResolver = (): string => `listens on ${scheme}://${listen}`
    await api.listen({ host, port, listenTextResolver })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Problem('port_in_use', { detail: listen, cause: error })
    }
    throw error
  }
  const address = api.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actual}`
}

/** Gives a listener another certificate and key: connections made from now on see them. */
export function setTlsFiles(api: Api, files: { cert: string; key: string }): void {
  // `createApi` made a TLS server, which Fastify types as a plain one.
  const server = api.server as unknown as TlsServer
  server.setSecureContext({ ...files, minVersion: 'TLSv1.2' })
}
