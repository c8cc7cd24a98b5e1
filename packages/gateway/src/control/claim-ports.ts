import net, { type ListenOptions, type Server } from 'node:net'
import { Problem } from '@sallyport/problem'
import type { Address } from '../worker/messages.ts'

/** Addresses that are this process's own until they are released. */
export type ClaimedPorts = {
  /** With the port that was found where none was named. */
  readonly addresses: readonly Address[]
  readonly release: () => Promise<void>
}

/**
 * Makes sure that nobody listens on an address, and finds a free port where none was named. Worker
 * threads then listen with `reusePort`, which any process of the same user could join: without this, a
 * second gateway would silently take half of the connections.
 *
 * Looking is not enough for two that start at the same moment. So each address is also held, for as long
 * as the gateway lives, as a name in Linux's abstract namespace of Unix sockets (unix(7)), which one process
 * alone can have, and which goes with it, however it ends. Elsewhere threads share no port.
 *
 * @throws Problem `port_in_use`
 */
export async function claimPorts(wanted: readonly Address[]): Promise<ClaimedPorts> {
  const addresses: Address[] = []
  const held: Server[] = []
  const release = async (): Promise<void> => {
    await Promise.all(held.map(closed))
  }
  try {
    for (const address of wanted) {
      const found = await findFree(address)
      if (process.platform === 'linux') {
        const name = await listen(
          { path: `\0sallyport-gateway-${found.host}:${found.port}` },
          found,
        )
        name.unref()
        held.push(name)
        // Whoever held the name a moment ago may listen by now.
        await findFree(found)
      }
      addresses.push(found)
    }
  } catch (error) {
    await release()
    throw error
  }
  return { addresses, release }
}

async function findFree(address: Address): Promise<Address> {
  const { host, port } = address
  const server = await listen({ host, port }, address)
  const bound = server.address()
  await closed(server)
  return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
}

async function listen(options: ListenOptions, { host, port }: Address): Promise<Server> {
  const server = net.createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${host}:${port}: ${cause.code ?? cause.message}`
      reject(new Problem('port_in_use', { detail, cause }))
    })
    server.listen(options, resolve)
  })
  return server
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
