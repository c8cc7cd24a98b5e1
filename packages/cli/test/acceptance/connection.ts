import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { DevelopmentFacts } from '../../src/dev/guidance.ts'

/** A host of a gateway, as clients reach it. */
export type Place = { port: number; host: string; ca: string }

export function placeOf(
  facts: Pick<DevelopmentFacts, 'gateway' | 'caFile'>,
  host = 'localhost',
): Place {
  const port = Number(new URL(facts.gateway).port)
  return { port, host, ca: readFileSync(facts.caFile, 'utf8') }
}

/** A TLS connection to a host, handshake done. Each host of these tests shows the certificate of `localhost`. */
export async function open(place: Place, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port: place.port,
    host: '127.0.0.1',
    servername: place.host,
    ca: place.ca,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ['http/1.1'],
    ...options,
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

/** One request over a connection; its status, and what came with it so far. Rejects where the connection ends. */
export function ask(
  socket: TLSSocket,
  { host }: Pick<Place, 'host'>,
  path = '/',
  headers: readonly string[] = [],
): Promise<{ status: number; text: string }> {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers]
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = () => {
      socket.off('data', onData).off('close', onClose)
    }
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (!isWhole(text)) return
      finish()
      resolve({ status: Number(text.split(' ')[1]), text })
    }
    const onClose = () => {
      finish()
      reject(new Error(`closed after ${JSON.stringify(text)}`))
    }
    socket.on('data', onData).on('close', onClose)
    if (socket.destroyed) onClose()
    else socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })
}

/** With its content where a length tells how much that is, else from the first byte of it. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, end).replaceAll('\r', ''))?.[1]
  if (length !== undefined) return text.length >= end + 4 + Number(length)
  return text.startsWith('HTTP/1.1 101') || text.length > end + 4
}

/** A session of a host that can be resumed, after one answered request. */
export async function sessionOf(place: Place, options: ConnectionOptions = {}): Promise<Buffer> {
  const socket = await open(place, options)
  // Listened for before the request: tickets of TLS 1.3 come with the answer at the latest.
  const fresh = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  const { status, text } = await ask(socket, place)
  if (status !== 200) throw new Error(text)
  const session = options.maxVersion === 'TLSv1.2' ? socket.getSession() : await fresh
  socket.destroy()
  if (session === undefined) throw new Error('the gateway gave no session')
  return session
}

/** An HTTP/2 connection with one stream whose answer has begun and does not end. */
export async function openStream(
  place: Place,
  options: ConnectionOptions,
): Promise<ClientHttp2Session> {
  const socket = await open(place, { ...options, ALPNProtocols: ['h2'] })
  const session = connectHttp2(`https://${place.host}`, { createConnection: () => socket })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/slow', ':authority': place.host })
  stream.on('error', () => {})
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
  if (head[':status'] !== 200)
    throw new Error(`the stream was answered with ${String(head[':status'])}`)
  return session
}

/** A WebSocket over a connection of its own, behind its first echo. */
export async function openWebSocket(
  place: Place,
  options: ConnectionOptions,
  headers: readonly string[] = [],
): Promise<TLSSocket> {
  const socket = await open(place, options)
  const { status, text } = await ask(socket, place, '/socket', [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ])
  if (status !== 101) throw new Error(text)
  socket.write('hello')
  await once(socket, 'data')
  return socket
}
