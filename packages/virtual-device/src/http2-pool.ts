import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { Readable } from 'node:stream'
import { TransportError, type TransportRequest, type TransportResponse } from '@sallyport/sdk'
import type { Pool, PoolOptions } from './node-transport.ts'
import type { Progress } from './transport-failure.ts'

/** One HTTP/2 session at a time; a new one when the server ended the last. */
export function createHttp2Pool({ origin, tls, lookup }: PoolOptions): Pool {
  let session: ClientHttp2Session | undefined

  function usableSession(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    const next = connect(origin, { ...tls, ...(lookup === undefined ? {} : { lookup }) })
    // Streams are told of it; a session that nobody uses any more has nobody to tell.
    next.on('error', () => next.destroy())
    next.once('goaway', () => next.close())
    next.unref()
    session = next
    return next
  }

  return {
    send: async (request, progress) => {
      const session = usableSession()
      await connected(session, progress)
      return await sendOver(session, request)
    },
    retire: () => session?.close(),
    destroy: () => session?.destroy(),
  }
}

function connected(session: ClientHttp2Session, progress: Progress): Promise<void> {
  if (!session.connecting) {
    progress.isConnected = true
    return Promise.resolve()
  }
  return new Promise((resolve, reject) => {
    session.once('connect', () => {
      progress.isConnected = true
      resolve()
    })
    session.once('error', reject)
    session.once('close', () => reject(new Error('the connection was closed')))
  })
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
    stream.once('error', reject)
    stream.once('response', (answer) => {
      const { ':status': status = 0, ...rest } = answer
      resolve({ status, headers: separated(rest), body: ReadableStream.from(wholeBody(stream)) })
    })
    if (body instanceof Uint8Array) stream.end(body)
    else if (body !== undefined) {
      Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
        .once('error', (error) => stream.destroy(error))
        .pipe(stream)
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
