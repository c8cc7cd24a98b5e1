import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
} from 'node:tls'
import type { Endpoint } from './endpoint.ts'

export type ConnectOptions = Pick<TcpNetConnectOpts, 'onread'>

/**
 * Opens a connection to an endpoint, over TLS where it says so. The certificate is verified against the
 * endpoint's CAs and name; a connection whose certificate is refused fails.
 */
export function connectSocket(endpoint: Endpoint, options: ConnectOptions): Socket {
  const { host, port, tls } = endpoint
  if (tls === undefined) return connectTcp({ host, port, ...options })
  const secured: ConnectionOptions = {
    host,
    port,
    ...options,
    secureContext: tls.secureContext,
    servername: tls.servername,
    ALPNProtocols: tls.alpn,
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(tls.name, certificate),
  }
  // A ticket of an earlier connection spares both sides the public-key part of the handshake.
  if (tls.session !== undefined) secured.session = tls.session
  const socket = connectTls(secured)
  socket.on('session', (session) => {
    tls.session = session
  })
  return socket
}
