import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A balancer of TCP: each connection goes to the next target that takes it. */
export type Balancer = { readonly port: number; close(): void }

export async function startBalancer(targets: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>()
  let next = 0
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client)
    const first = next++
    const attempt = (tried: number): void => {
      const port = targets[(first + tried) % targets.length]
      if (port === undefined || tried === targets.length) {
        client.destroy()
        return
      }
      const target = connect(port, '127.0.0.1')
      target.once('error', () => attempt(tried + 1))
      target.once('connect', () => {
        target.removeAllListeners('error')
        keep(target)
        client.on('close', () => target.destroy())
        target.on('close', () => client.destroy())
        client.pipe(target).pipe(client)
      })
    }
    attempt(0)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
