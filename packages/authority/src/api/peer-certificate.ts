import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'

/**
 * DER of the client certificate of a connection, resumed ones included; undefined where there is
 * none. TLS proved that its key is held, and nothing else.
 */
export function peerCertificate(request: FastifyRequest): Buffer | undefined {
  const { socket } = request.raw
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined
}
