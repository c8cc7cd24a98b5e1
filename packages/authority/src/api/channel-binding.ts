import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'

const label = 'EXPORTER-Channel-Binding'
const lengthBytes = 32

/**
 * The channel binding `tls-exporter` of a connection (RFC 9266 §2): 32 bytes that both ends derive from
 * the handshake and nobody between two connections can make equal. A name for the connection, no secret.
 *
 * Undefined below TLS 1.3: there the value is its own only with the extended master secret
 * (RFC 9266 §4.2, RFC 7627), and Node does not tell whether that was agreed on.
 */
export function channelBinding(request: FastifyRequest): Buffer | undefined {
  const { socket } = request.raw
  if (!(socket instanceof TLSSocket) || socket.getProtocol() !== 'TLSv1.3') return undefined
  return socket.exportKeyingMaterial(lengthBytes, label, Buffer.alloc(0))
}
