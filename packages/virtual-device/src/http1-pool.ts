import { Agent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { TransportBody, TransportRequest, TransportResponse } from '@sallyport/sdk'
import type { Pool, PoolOptions } from './node-transport.ts'
import type { Progress } from './transport-failure.ts'

/**
 * Below the five seconds after which many servers close an idle connection: a request that meets the
 * closing is lost, and not every request may be sent twice.
 */
const idleTimeoutMs = 4_000

/** HTTP/1.1 connections kept alive by one agent. */
export function createHttp1Pool({ tls, lookup }: PoolOptions): Pool {
  const agent = new Agent({
    ...tls,
    keepAlive: true,
    timeout: idleTimeoutMs,
    ...(lookup === undefined ? {} : { lookup }),
  })
  return {
    send: (request, progress) => sendOver(agent, request, progress),
    retire: () => {
      agent.maxFreeSockets = 0
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy()
      }
    },
    destroy: () => agent.destroy(),
  }
}

function sendOver(
  agent: Agent,
  request: TransportRequest,
  progress: Progress,
): Promise<TransportResponse> {
  const { url, method, headers, body, signal } = request
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { agent, method, signal })
    for (const [name, value] of headers) outgoing.appendHeader(name, value)
    outgoing.once('socket', (socket) => {
      if (outgoing.reusedSocket) progress.isConnected = true
      else socket.once('secureConnect', () => (progress.isConnected = true))
    })
    outgoing.on('error', reject)
    outgoing.once('response', (incoming) => {
      resolve({
        status: incoming.statusCode ?? 0,
        headers: headerPairs(incoming.rawHeaders),
        body: Readable.toWeb(incoming) as TransportBody,
      })
    })
    sendBody(outgoing, body)
  })
}

/** Writes a body of bytes with its length, or a stream as it comes. */
function sendBody(outgoing: ReturnType<typeof httpsRequest>, body: TransportBody | undefined) {
  if (body === undefined || body instanceof Uint8Array) {
    if (body !== undefined) outgoing.setHeader('content-length', body.length)
    outgoing.end(body)
    return
  }
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
  source.once('error', (error) => outgoing.destroy(error))
  outgoing.once('close', () => source.destroy())
  source.pipe(outgoing)
}

function headerPairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : [],
  )
}
