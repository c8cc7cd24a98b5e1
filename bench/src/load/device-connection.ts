import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls'
import type { LoadTarget } from './load.ts'

/** Options that ask for one protocol. */
export type DeviceConnectionOptions = ConnectionOptions & {
  readonly ALPNProtocols: ['h2' | 'http/1.1']
}

/** What connections of a load have in common: TLS 1.3 as the device, one context for all. */
export function deviceConnectionOptions(
  { port, site }: LoadTarget,
  protocol: DeviceConnectionOptions['ALPNProtocols'][0],
): DeviceConnectionOptions {
  return {
    host: '127.0.0.1',
    port,
    servername: site.serverName,
    ALPNProtocols: [protocol],
    secureContext: createSecureContext({
      ca: readFileSync(site.serverCaFile),
      cert: readFileSync(site.device.certificateFile),
      key: readFileSync(site.device.keyFile),
      minVersion: 'TLSv1.3',
    }),
  }
}

/** @throws Error the handshake failed, or another protocol was chosen */
export async function openConnection(options: DeviceConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options)
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  if (socket.alpnProtocol !== options.ALPNProtocols[0]) {
    socket.destroy()
    throw new Error(`expected ${options.ALPNProtocols[0]}, the server chose ${socket.alpnProtocol}`)
  }
  return socket
}
