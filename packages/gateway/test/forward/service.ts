import http from 'node:http'
import net, { type Socket } from 'node:net'
import { listen, portOf } from './edge.ts'

export type Service = AsyncDisposable & {
  url: string
  port: number
  /** Connections that were made to it, in their order. */
  sockets: Socket[]
  /** Everything that each connection received, latin1. */
  received: string[]
}

/** A service of raw bytes: what it does on a connection is the test's to say. */
export async function rawService(
  onRequest: (socket: Socket, request: string, count: number) => void,
  onConnection: (socket: Socket, index: number) => void = () => {},
): Promise<Service> {
  const sockets: Socket[] = []
  const received: string[] = []
  let requests = 0
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const index = sockets.length
    sockets.push(socket)
    received.push('')
    let pending = ''
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      received[index] += text
      pending += text
      // One call for each head; content of requests is left in `received`.
      for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
        const request = pending.slice(0, end + 4)
        pending = pending.slice(end + 4)
        if (/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(request)) onRequest(socket, request, requests++)
      }
    })
    onConnection(socket, index)
  })
  await listen(server)
  const port = portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sockets,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** A service that answers each request with the same bytes. */
export function cannedService(answer: string): Promise<Service> {
  return rawService((socket) => socket.write(answer, 'latin1'))
}

/** A service in node:http. */
export async function httpService(listener: http.RequestListener): Promise<Service> {
  const sockets: Socket[] = []
  const server = http.createServer({ keepAliveTimeout: 60_000 }, listener)
  server.on('connection', (socket: Socket) => sockets.push(socket))
  await listen(server)
  const port = portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sockets,
    received: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = net.createServer()
  await listen(server)
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
