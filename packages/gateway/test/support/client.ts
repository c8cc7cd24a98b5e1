import { once } from 'node:events'
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import type { Duplex } from 'node:stream'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Bed } from './gateway.ts'
import type { Identity } from './world.ts'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what comes
  readonly json: <T = Record<string, unknown>>() => T
}

export type ConnectOptions = ConnectionOptions & {
  readonly host?: string
  readonly localAddress?: string
}

/** A TLS connection to a host of the gateway. */
export async function connect(
  bed: Bed,
  identity?: Identity,
  options: ConnectOptions = {},
): Promise<TLSSocket> {
  const { host = 'api.example.com', ...rest } = options
  const socket = tls.connect({
    port: bed.port,
    host: '127.0.0.1',
    servername: host,
    ca: bed.world.serviceCa,
    ALPNProtocols: ['http/1.1'],
    ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
    ...rest,
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

/** Sends a request over a connection, in HTTP/1.1, and reads its answer. */
export async function ask(
  socket: TLSSocket,
  path = '/',
  options: { method?: string; host?: string; headers?: string[] } = {},
): Promise<Answer> {
  const { method = 'GET', host = 'api.example.com', headers = [] } = options
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return readAnswer(socket)
}

/** Reads one answer with a Content-Length, or chunks; rejects when the connection ends before. */
export function readAnswer(socket: TLSSocket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (error: Error | undefined, answer?: Answer) => {
      socket.off('data', onData)
      socket.off('close', onClose)
      if (answer === undefined) reject(error)
      else resolve(answer)
    }
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const answer = parseAnswer(text)
      if (answer !== undefined) finish(undefined, answer)
    }
    const onClose = () => finish(new Error(`closed after ${JSON.stringify(text.slice(0, 200))}`))
    socket.on('data', onData)
    socket.on('close', onClose)
    if (socket.destroyed) onClose()
  })
}

function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const rest = text.slice(end + 4)
  let body = rest
  if (headers['content-length'] !== undefined) {
    const length = Number(headers['content-length'])
    if (rest.length < length) return undefined
    body = rest.slice(0, length)
  } else if (headers['transfer-encoding'] === 'chunked') {
    if (!rest.endsWith('0\r\n\r\n')) return undefined
    body = rest.replace(/\r\n[0-9a-f]+\r\n/g, '').replace(/^[0-9a-f]+\r\n/, '')
  }
  const status = Number(first.split(' ')[1])
  return { status, headers, body, json: () => JSON.parse(body) }
}

/** One request over a connection of its own. */
export async function askOnce(
  bed: Bed,
  identity?: Identity,
  path = '/',
  options: ConnectOptions & { method?: string; headers?: string[] } = {},
): Promise<Answer> {
  const { method, headers, ...rest } = options
  const socket = await connect(bed, identity, rest)
  try {
    return await ask(socket, path, {
      ...(method === undefined ? {} : { method }),
      ...(headers === undefined ? {} : { headers }),
      ...(rest.host === undefined ? {} : { host: rest.host }),
    })
  } finally {
    socket.destroy()
  }
}

export async function connectHttp2(
  bed: Bed,
  identity?: Identity,
  options: ConnectOptions = {},
): Promise<ClientHttp2Session> {
  const socket = await connect(bed, identity, { ALPNProtocols: ['h2'], ...options })
  const session = http2.connect(`https://${options.host ?? 'api.example.com'}`, {
    createConnection: () => socket,
  })
  session.on('error', () => {})
  await once(session, 'remoteSettings')
  return session
}

export async function askHttp2(
  session: ClientHttp2Session,
  headers: Record<string, string>,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const stream = session.request(headers)
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  await once(stream, 'end')
  return {
    status: Number(answer[':status']),
    headers: answer,
    body: Buffer.concat(chunks).toString(),
  }
}

/** Resolves when a connection is over, in whatever way. */
export function closed(socket: Duplex | ClientHttp2Session): Promise<void> {
  if (socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Writes, and waits until more can be written or the connection is over. */
export async function write(socket: TLSSocket, bytes: Uint8Array | string): Promise<void> {
  if (socket.destroyed || !socket.writable || socket.write(bytes)) return
  await new Promise<void>((resolve) => {
    const go = () => {
      socket.off('close', go).off('drain', go)
      resolve()
    }
    socket.on('close', go).on('drain', go)
  })
}

/** Resolves when the condition holds; rejects after the time, which says nothing of how fast it came: that is for an assertion. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
