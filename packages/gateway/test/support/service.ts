import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A service behind the gateway. It tells what it was sent. */
export type TestService = {
  readonly url: string
  /** Header sections of the requests that came, the last one last. */
  readonly seen: IncomingMessage['headers'][]
  readonly close: () => Promise<void>
}

/**
 * `/slow` never ends its answer; `/held?ms=N` answers after as long; anything else answers with
 * method, path and header fields. A WebSocket connection echoes bytes, not frames.
 */
export async function startService(): Promise<TestService> {
  const seen: IncomingMessage['headers'][] = []
  const sockets = new Set<Duplex>()
  const server = http.createServer((request, response) => {
    seen.push(request.headers)
    const url = new URL(request.url ?? '/', 'http://service')
    request.resume()
    if (url.pathname.endsWith('/slow')) {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.write('begun')
      return
    }
    const answer = () => {
      const { method, headers } = request
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ method, path: request.url, headers }))
    }
    const wait = Number(url.searchParams.get('ms') ?? 0)
    if (wait > 0) setTimeout(answer, wait)
    else answer()
  })
  server.maxHeadersCount = 0
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    seen.push(request.headers)
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    if (head.length > 0) socket.write(head)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
