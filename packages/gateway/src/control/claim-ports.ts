import net from 'node:net'
import { Problem } from '@sallyport/problem'
import type { Address } from '../worker/messages.ts'

/**
 * Makes sure that nobody listens on an address, and finds a free port where none was named. Worker
 * threads then listen with `reusePort`, which any process of the same user could join: without this, a
 * second gateway would silently take half of the connections.
 *
 * @throws Problem `port_in_use`
 */
export async function claimPorts(addresses: readonly Address[]): Promise<Address[]> {
  const claimed: Address[] = []
  for (const address of addresses) claimed.push(await claim(address))
  return claimed
}

async function claim({ host, port }: Address): Promise<Address> {
  const server = net.createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${host}:${port}: ${cause.code ?? cause.message}`
      reject(new Problem('port_in_use', { detail, cause }))
    })
    server.listen({ host, port }, resolve)
  })
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
}
