import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Problem } from '@sallyport/problem'
import { tellFailed, tellReady, untilAskedToEnd } from '../supervise/parent-channel.ts'

// The service behind the gateway in `sallyport dev`: a process of its own, started with its port.

/** A GET route that answers with the identity that the service was given. */
export const samplePath = '/hello'

/** What the gateway tells a service about the caller; a service behind it needs nothing else. */
const identityHeaders = [
  'sallyport-device',
  'client-cert',
  'client-cert-chain',
  'forwarded',
  'x-request-id',
  'traceparent',
]

/** The answer to any request: what was asked, and who the gateway says is asking. */
export function sampleAnswer(request: IncomingMessage): Record<string, unknown> {
  const identity = Object.fromEntries(
    identityHeaders.flatMap((name) => {
      const value = request.headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return {
    message: 'The sample service answers. This is what the gateway told it about you.',
    method: request.method,
    path: request.url,
    identity,
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const body = `${JSON.stringify(sampleAnswer(request), undefined, 2)}\n`
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Listens on a loopback port, tells the parent, and serves until asked to end. */
export async function runSampleService(port: number): Promise<void> {
  const asked = untilAskedToEnd()
  const server = createServer(answer)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const detail = `127.0.0.1:${port}: ${cause.code}`
        reject(cause.code === 'EADDRINUSE' ? new Problem('port_in_use', { detail, cause }) : cause)
      })
      server.listen(port, '127.0.0.1', resolve)
    })
  } catch (error) {
    if (await tellFailed(error)) return
    throw error
  }
  await tellReady({ port })
  await asked
  server.closeAllConnections()
  server.close()
}
