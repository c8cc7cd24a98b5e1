import { once } from 'node:events'
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'

/** A service that speaks HTTP/2 in the clear, and whose calls begin with one message and do not end. */
export async function startGrpcService(): Promise<{ url: string; close(): Promise<void> }> {
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.write(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The header fields of such a call. */
export const grpcCall = {
  ':method': 'POST',
  ':path': '/test.Watcher/Watch',
  'content-type': 'application/grpc',
  te: 'trailers',
} as const
