import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import net, { type Server } from 'node:net'
import path from 'node:path'
import { Problem } from '@sallyport/problem'

/** Owner and group may connect; who else may is for the folder to say. */
const socketMode = 0o660

/**
 * Listens on a Unix socket that nobody could open before it had its mode: it is made in a folder of its
 * own, closed to all others, and then moved to its place. What an ended process left there is replaced.
 *
 * @throws Problem `port_in_use` where somebody listens there
 */
export async function listenOnSocket(server: Server, file: string): Promise<void> {
  if (await isAnswered(file)) throw new Problem('port_in_use', { detail: file })
  const folder = mkdtempSync(path.join(path.dirname(file), '.s-'))
  try {
    const made = path.join(folder, 's')
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path: made }, resolve)
    })
    chmodSync(made, socketMode)
    renameSync(made, file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: file })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
