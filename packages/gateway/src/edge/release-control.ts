import type { TLSSocket } from 'node:tls'

/**
 * What tls.Server does with a socket before it hands it out: it is told that the handshake is over, which
 * node:http2 waits for, and to tell errors of TLS from now on, which it otherwise keeps to itself. We are
 * in tls.Server's place, since that one destroys a socket whose chain it does not like without saying
 * whose certificate it was. Were `_releaseControl` ever gone, such a connection would end when idle.
 */
export function releaseControl(tls: TLSSocket & { secureConnecting?: boolean }): void {
  tls.secureConnecting = false
  if ('_releaseControl' in tls && typeof tls._releaseControl === 'function') tls._releaseControl()
  // Whoever takes the connection over listens as well; nobody at all would end the process.
  tls.on('error', ignore)
}

function ignore(): void {}
