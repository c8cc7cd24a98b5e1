import { once } from 'node:events'
import { connect } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'
import { open, type Place } from '../acceptance/connection.ts'

/** A stream of HTTP/2 whose answer has begun and does not end by itself. */
export type HeldStream = { readonly ended: Promise<void>; destroy(): void }

export async function holdStream(
  place: Place,
  options: ConnectionOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<HeldStream> {
  const socket = await open(place, { ...options, ALPNProtocols: ['h2'] })
  const session = connect(`https://${place.host}`, { createConnection: () => socket })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/slow', ':authority': place.host, ...headers })
  const ended = new Promise<void>((resolve) => stream.once('close', () => resolve()))
  stream.on('error', () => {})
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
  if (head[':status'] !== 200)
    throw new Error(`the stream was answered with ${String(head[':status'])}`)
  stream.resume()
  return { ended, destroy: () => session.destroy() }
}
