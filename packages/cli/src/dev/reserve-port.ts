import { createServer } from 'node:net'

const held = new Set<number>()

/**
 * Keeps a port for this process among all `sallyport dev` of this machine, until the process ends. The
 * workers of a gateway share their port by SO_REUSEPORT, and so two gateways that start at the same
 * moment could end up sharing one, each taking half of the connections of the other.
 *
 * The reservation is a name in Linux's abstract namespace of Unix sockets (unix(7)), which one process can
 * hold and which goes with it. Elsewhere nothing is reserved.
 *
 * @returns false where another process holds it
 */
export function reservePort(port: number): Promise<boolean> {
  if (held.has(port) || process.platform !== 'linux') return Promise.resolve(true)
  return new Promise((resolve) => {
    const reservation = createServer()
    reservation.once('error', () => resolve(false))
    reservation.listen({ path: `\0sallyport-dev-port-${port}` }, () => {
      reservation.unref()
      held.add(port)
      resolve(true)
    })
  })
}
