import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem } from '@sallyport/problem'
import type { Address } from '../worker/messages.ts'

export type OpenListener = { readonly address: Address; readonly close: () => Promise<void> }

/**
 * Has one of the main thread's own servers listen. Closing it ends its connections.
 *
 * @returns the address, with the port that was found where none was named
 * @throws Problem `port_in_use`
 */
export async function openListener(server: Server, { host, port }: Address): Promise<OpenListener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new Problem('port_in_use', { detail: `${host}:${port}: ${cause.code}`, cause })),
    )
    server.listen({ host, port }, resolve)
  })
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
