import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../authority.ts'
import type { Presented } from '../enrollment/presented.ts'
import { readAccessToken } from '../users/access-token.ts'
import { channelBinding } from './channel-binding.ts'

/** The address of the peer; an IPv4 address in its own form, however the socket listens. */
export function addressOf(request: FastifyRequest): string {
  return request.ip.startsWith('::ffff:') ? request.ip.slice(7) : request.ip
}

export function callerOf(request: FastifyRequest): Caller {
  return { requestId: request.id, address: addressOf(request) }
}

/** What an enrolment brings beside its message. */
export function presentedIn(request: FastifyRequest): Presented {
  return {
    accessToken: () => readAccessToken(request.raw),
    connection: () => channelBinding(request),
  }
}

/**
 * DER of the client certificate of a connection, resumed ones included; undefined where there is
 * none. TLS proved that its key is held, and nothing else.
 */
export function peerCertificate(request: FastifyRequest): Buffer | undefined {
  const { socket } = request.raw
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined
}
