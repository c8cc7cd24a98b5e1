import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createServer } from 'node:tls'
import type { Made } from './test-authority.ts'

export type TestServer = {
  readonly port: number
  /** From now on it shows these: one chain for each kind of key. */
  readonly show: (...chains: readonly Made[]) => void
}

/** An HTTPS server on loopback that answers 204, and whose certificates change while it runs. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  ...first: readonly Made[]
): Promise<TestServer> {
  const contextOf = (chains: readonly Made[]) => ({
    cert: chains.map(({ sent }) => sent.map(({ pem }) => pem).join('')),
    key: chains.map(({ keyPem }) => keyPem),
  })
  const open = new Set<Socket>()
  const server = createServer({ ...contextOf(first), ALPNProtocols: ['http/1.1'] }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
    })
  })
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    show: (...chains) => server.setSecureContext(contextOf(chains)),
  }
}
