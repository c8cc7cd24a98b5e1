import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import net, { type Socket } from 'node:net'
import { frame } from '../support/frames.ts'
import { listen, portOf } from './edge.ts'

export type Http2Service = AsyncDisposable & {
  url: string
  sessions: http2.ServerHttp2Session[]
}

/** A service in HTTP/2 with prior knowledge. */
export async function http2Service(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: http2.Settings = {},
): Promise<Http2Service> {
  const sessions: http2.ServerHttp2Session[] = []
  const server = http2.createServer({ settings })
  server.on('session', (session) => sessions.push(session))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream as ServerHttp2Stream, headers)
  })
  await listen(server)
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

export type Frame = { type: number; flags: number; stream: number; payload: Buffer }

/** Takes bytes as they come, and tells each frame in them. */
export function frameReader(
  skippedBytes: number,
  onFrame: (frame: Frame) => void,
): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0)
  let position = skippedBytes
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= position + 9) {
      const end = position + 9 + pending.readUIntBE(position, 3)
      if (pending.length < end) break
      onFrame({
        type: pending[position + 3] ?? 0,
        flags: pending[position + 4] ?? 0,
        stream: pending.readUInt32BE(position + 5),
        payload: pending.subarray(position + 9, end),
      })
      position = end
    }
  }
}

// RFC 9113 §3.4
const prefaceBytes = 24

/** A service that speaks frames by hand: SETTINGS at once, the rest when the first HEADERS came. */
export async function frameService(
  onRequest: (socket: Socket) => void,
  onFrame: (frame: Frame) => void = () => {},
): Promise<Http2Service> {
  const sockets: Socket[] = []
  const server = net.createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write(frame(4, 0, 0))
    socket.on(
      'data',
      frameReader(prefaceBytes, (seen) => {
        onFrame(seen)
        if (seen.type === 4 && seen.flags === 0) socket.write(frame(4, 1, 0))
        if (seen.type === 1) onRequest(socket)
      }),
    )
  })
  await listen(server)
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sessions: [],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

export type Http2Answer = {
  status: number
  headers: IncomingHttpHeaders
  informational: number[]
  body: string
  trailers: IncomingHttpHeaders
  rstCode: number
}

export type Http2AskOptions = {
  headers?: http2.OutgoingHttpHeaders
  body?: string
  trailers?: http2.OutgoingHttpHeaders
}

/** One request over a connection of its own. */
export async function askHttp2(port: number, options: Http2AskOptions = {}): Promise<Http2Answer> {
  const client = http2.connect(`http://127.0.0.1:${port}`)
  try {
    const stream = client.request(
      { ':authority': 'api.example.com', ':path': '/', ...options.headers },
      { endStream: options.body === undefined, waitForTrailers: options.trailers !== undefined },
    )
    stream.on('wantTrailers', () => stream.sendTrailers(options.trailers ?? {}))
    if (options.body !== undefined) stream.end(options.body)
    return await readAnswer(stream)
  } finally {
    client.destroy()
  }
}

export function readAnswer(stream: http2.ClientHttp2Stream): Promise<Http2Answer> {
  const answer: Http2Answer = {
    status: 0,
    headers: {},
    informational: [],
    body: '',
    trailers: {},
    rstCode: 0,
  }
  stream.setEncoding('latin1')
  stream.on('headers', (headers) => answer.informational.push(Number(headers[':status'])))
  stream.on('response', (headers) => {
    answer.status = Number(headers[':status'])
    answer.headers = headers
  })
  stream.on('data', (chunk: string) => {
    answer.body += chunk
  })
  stream.on('trailers', (trailers) => {
    answer.trailers = trailers
  })
  stream.on('error', () => {})
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ ...answer, rstCode: stream.rstCode ?? 0 }))
  })
}
