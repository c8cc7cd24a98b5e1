import { keyPairFault } from '@sallyport/pki'
import { configProblem, Problem } from '@sallyport/problem'
import type { Server as TlsServer } from 'node:tls'
import type { AuthorityConfig, TlsListenerConfig } from '../config/authority-config.ts'
import { listenAddress } from '../config/listen-address.ts'
import { readNamedFile } from '../config/named-file.ts'
import type { Api } from './api-server.ts'

/** Whom the kernel has no room for tries again after a second; it takes what net.core.somaxconn allows. */
const backlog = 4_096

/** Certificate chain and key of a listener, PEM. */
export type TlsFiles = { cert: string; key: string }

/** Of those listeners that do TLS. */
type TlsListeners = {
  readonly device: TlsFiles
  readonly mtls?: TlsFiles
  readonly admin: TlsFiles
}

/** @throws Problem `config_unreadable`; `config_invalid` where a key is not that of its certificate */
export function readTlsFiles(directory: string, config: AuthorityConfig): TlsListeners {
  const { device, mtls, admin } = config.authority.listeners
  return {
    device: readPair(directory, device, 'device'),
    ...(mtls && { mtls: readPair(directory, mtls, 'mtls') }),
    admin: readPair(directory, admin, 'admin'),
  }
}

function readPair(
  directory: string,
  listener: TlsListenerConfig,
  name: keyof TlsListeners,
): TlsFiles {
  const path = ['authority', 'listeners', name]
  const read = (member: 'certificateFile' | 'keyFile') =>
    readNamedFile(directory, listener[member], [...path, member])
  const cert = read('certificateFile')
  const key = read('keyFile')
  const found = keyPairFault(cert, key)
  if (found === undefined) return { cert, key }
  throw configProblem('config_invalid', path, 'certificate and key cannot be used together', {
    expected: 'a certificate in PEM, and its private key in PEM',
    found,
  })
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
    await api.listen({ host, port, backlog, listenTextResolver })
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
export function setTlsFiles(api: Api, files: TlsFiles): void {
  // `createApi` made a TLS server, which Fastify types as a plain one.
  const server = api.server as unknown as TlsServer
  server.setSecureContext({ ...files, minVersion: 'TLSv1.2' })
}
