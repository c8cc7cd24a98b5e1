import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type Answer, askOnce } from './client.ts'
import { type Bed, route, startBed } from './gateway.ts'
import type { Identity } from './world.ts'

export const host = 'api.example.com'

/** A gateway whose one route has these limits, before a service that answers as X-Answer of a request says. */
export async function startLimited(
  t: TestContext,
  limits: Record<string, unknown>,
  options: { clientCertificate?: string; gateway?: Record<string, unknown>; delayMs?: number } = {},
): Promise<Bed & { readonly reached: () => number }> {
  let reached = 0
  const service = http.createServer((request, response) => {
    reached++
    request.resume()
    request.on('end', () => {
      const status = Number(request.headers['x-answer'] ?? 200)
      setTimeout(() => response.writeHead(status).end('answer'), options.delayMs ?? 0)
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    service.closeAllConnections()
    service.close()
  })
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: options.clientCertificate ?? 'optional',
        routes: [route({ stages: { limits } })],
      },
    },
    gateway: { upstreams: { service: { targets: [url] } }, ...options.gateway },
  })
  return { ...bed, reached: () => reached }
}

/**
 * Posts content, and has the service answer with a status. The content stands behind the last field, whose
 * line ends with the empty one.
 */
export function post(
  bed: Bed,
  content: string,
  status = 200,
  identity?: Identity,
): Promise<Answer> {
  return askOnce(bed, identity, '/login', {
    method: 'POST',
    headers: [
      `X-Answer: ${status}`,
      `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
    ],
  })
}
