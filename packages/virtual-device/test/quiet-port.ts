import { randomInt } from 'node:crypto'
import net from 'node:net'

/**
 * A port that nobody has, below those that the system gives to outgoing connections: one of these could be
 * taken by any of them before whoever it is for listens.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
