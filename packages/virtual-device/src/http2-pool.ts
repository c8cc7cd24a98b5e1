import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { Readable } from 'node:stream'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TransportError, type TransportRequest, type TransportResponse } from '@sallyport/sdk'
import { createHttp1Pool } from './http1-pool.ts'
import type { Pool, PoolOptions } from './node-transport.ts'
import type { Progress } from './transport-failure.ts'

/**
 * One HTTP/2 session at a time, a new one when the server ended the last; HTTP/1.1 where the server does
 * not speak HTTP/2 (RFC 7301).
 */
export function createHttp2Pool(options: PoolOptions): Pool {
  let opening: Promise<ClientHttp2Session | 'http/1.1'> | undefined
  const http1 = createHttp1Pool(options)
  const whenOpen = (work: (session: ClientHttp2Session) => void) => {
    opening?.then(
      (session) => session !== 'http/1.1' && work(session),
      () => undefined,
    )
  }

  async function usable(progress: Progress): Promise<ClientHttp2Session | 'http/1.1'> {
    opening ??= open(options, progress)
    const current = opening
    try {
      const session = await current
      if (session === 'http/1.1' || !(session.closed || session.destroyed)) return session
    } catch (error) {
      if (opening === current) opening = undefined
      throw error
    }
    if (opening === current) opening = undefined
    return await usable(progress)
  }

  return {
    send: async (request, progress) => {
      const session = await orAborted(usable(progress), request.signal)
      progress.isConnected = session !== 'http/1.1'
      if (session === 'http/1.1') return await http1.send(request, progress)
      return await sendOver(session, request)
    },
    retire: () => {
      http1.retire()
      whenOpen((session) => session.close())
    },
    destroy: () => {
      http1.destroy()
      whenOpen((session) => session.destroy())
    },
  }
}

async function open(
  { origin, tls, lookup }: PoolOptions,
  progress: Progress,
): Promise<ClientHttp2Session | 'http/1.1'> {
  const { hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connectTls({
    ...tls,
    host,
    port: Number(port === '' ? 443 : port),
    // An address is no server name (RFC 6066 §3); the certificate is still checked for it.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['h2', 'http/1.1'],
    ...(lookup === undefined ? {} : { lookup }),
  })
  await once(socket, 'secureConnect')
  progress.isConnected = true
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy()
    return 'http/1.1'
  }
  const session = connect(origin, { createConnection: () => socket })
  // Streams are told of it; a session that nobody uses any more has nobody to tell.
  session.on('error', () => session.destroy())
  session.once('goaway', () => session.close())
  session.unref()
  return session
}

/** Others may wait for the same connection: an abort ends the waiting alone. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function sendOver(
  session: ClientHttp2Session,
  request: TransportRequest,
): Promise<TransportResponse> {
  const { url, method, headers, body, signal } = request
  const { pathname, search } = new URL(url)
  const length = body instanceof Uint8Array ? { 'content-length': body.length } : {}
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': pathname + search, ...joined(headers), ...length },
      { signal, endStream: body === undefined },
    )
    keepProcessFor(session, stream)
    stream.once('close', () => {
      reject(new Error('the stream ended without an answer'))
    })
    stream.on('error', reject)
    stream.once('response', (answer) => {
      const { ':status': status = 0, ...rest } = answer
      resolve({ status, headers: separated(rest), body: ReadableStream.from(wholeBody(stream)) })
    })
    if (body instanceof Uint8Array) stream.end(body)
    else if (body !== undefined) {
      const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
      source.once('error', (error) => stream.destroy(error))
      stream.once('close', () => source.destroy())
      source.pipe(stream)
    }
  })
}

const activeStreams = new WeakMap<ClientHttp2Session, number>()

/** A session without streams keeps no process alive, as idle connections of an agent do not. */
function keepProcessFor(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
  const change = (by: number) => {
    const count = (activeStreams.get(session) ?? 0) + by
    activeStreams.set(session, count)
    if (session.destroyed) return
    if (count === 0) session.unref()
    else session.ref()
  }
  change(1)
  stream.once('close', () => change(-1))
}

/**
 * The body, to its end. A session whose connection breaks ends its streams as if they were complete
 * (Node 26); only the code of the reset tells the two apart (RFC 9113 §8.1).
 */
async function* wholeBody(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk as Uint8Array
  if (stream.rstCode === 0) return
  throw new TransportError('lost', `the answer ended midway (HTTP/2 error ${stream.rstCode})`)
}

/** Node joins a repeated header where it may be; cookies stay apart. */
function joined(headers: TransportRequest['headers']): OutgoingHttpHeaders {
  const result: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const earlier = result[lower]
    result[lower] = earlier === undefined ? value : [earlier, value].flat()
  }
  return result
}

function separated(headers: Record<string, string | string[] | number | undefined>) {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : value === undefined ? [] : [String(value)]).map(
      (one): [string, string] => [name, one],
    ),
  )
}
