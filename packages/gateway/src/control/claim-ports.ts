import { randomInt } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import net, { type ListenOptions, type Server } from 'node:net'
import { dirname } from 'node:path'
import { Problem } from '@sallyport/problem'
import type { Address, ListenAddress } from '../worker/messages.ts'

/** Addresses that are this process's own until they are released. */
export type ClaimedPorts<Claimed = ListenAddress> = {
  /** With the port that was found where none was named. */
  readonly addresses: readonly Claimed[]
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
export async function claimPorts<Wanted extends Place>(
  wanted: readonly Wanted[],
): Promise<ClaimedPorts<Wanted>> {
  const addresses: Wanted[] = []
  const held: Server[] = []
  const release = async (): Promise<void> => {
    await Promise.all(held.map(closed))
  }
  try {
    for (const address of wanted) {
      const found = await findFree(address)
      if (process.platform === 'linux') {
        const name = await listen({ path: `\0sallyport-gateway-${textOf(found)}` }, found)
        name.unref()
        held.push(name)
        // Whoever held the name a moment ago may listen by now.
        await findFree(found)
      }
      addresses.push({ ...address, ...found })
    }
  } catch (error) {
    await release()
    throw error
  }
  return { addresses, release }
}

async function findFree(address: Place): Promise<Place> {
  if ('path' in address) return checkSocketFile(address)
  if (address.port === 0) return findQuietPort(address)
  await closed(await listen(address, address))
  return address
}

/** Below the ports that the system gives to outgoing connections (ip_local_port_range). */
const quietPorts = { from: 10_000, to: 32_000 } as const
const maxTries = 50

// A port that is free now must be so still when the workers listen: one that the system gives away
// would be taken by some connection now and then.
async function findQuietPort({ host }: Address): Promise<Address> {
  for (let tries = 1; ; tries++) {
    const found = { host, port: randomInt(quietPorts.from, quietPorts.to) }
    try {
      await closed(await listen(found, found))
      return found
    } catch (error) {
      if (tries === maxTries) throw error
    }
  }
}

type Place = Address | { readonly path: string }

function textOf(place: Place): string {
  return 'path' in place ? place.path : `${place.host}:${place.port}`
}

// A socket file outlives a gateway that was killed: what tells is whether anybody answers.
async function checkSocketFile({ path }: { readonly path: string }): Promise<{ path: string }> {
  const there = await lstat(path).catch(() => undefined)
  // It would be replaced, and removed in the end.
  if (there?.isSocket() === false) {
    throw new Problem('port_in_use', { detail: `${path}: what is there is no socket` })
  }
  const folder = await lstat(dirname(path)).catch((error: NodeJS.ErrnoException) => error.code)
  if (typeof folder !== 'object') {
    throw new Problem('config_unreadable', {
      detail: `${dirname(path)}: ${folder ?? ''}: the folder of the socket ${path} must be there`,
    })
  }
  const socket = net.connect({ path })
  const isTaken = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  if (isTaken)
    throw new Problem('port_in_use', { detail: `${path}: another process listens there` })
  return { path }
}

async function listen(options: ListenOptions, place: Place): Promise<Server> {
  const server = net.createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${textOf(place)}: ${cause.code ?? cause.message}`
      reject(new Problem('port_in_use', { detail, cause }))
    })
    server.listen(options, resolve)
  })
  return server
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
