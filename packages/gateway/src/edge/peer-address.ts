import type { Socket } from 'node:net'

/**
 * Who dialled: an IPv4 address as itself, also where it came by way of an IPv6 socket (RFC 4291 §2.5.5.2),
 * and without a zone. `unknown` of a Unix socket (RFC 7239 §6.2).
 */
export function peerAddress({ remoteAddress = '' }: Socket): string {
  if (remoteAddress.startsWith('::ffff:') && remoteAddress.includes('.')) {
    return remoteAddress.slice(7)
  }
  const zone = remoteAddress.indexOf('%')
  const address = zone < 0 ? remoteAddress : remoteAddress.slice(0, zone)
  return address === '' ? 'unknown' : address
}
