import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import { http } from '../runtime/node-http.ts'
import type { Address } from '../worker/messages.ts'
import { openListener } from './open-listener.ts'

/** Certificate and key in PEM. */
export type KeyPair = { readonly certificate: string; readonly key: string }

export type KeySetListener = {
  readonly address: Address
  /** Takes another certificate, without an interruption. */
  readonly renew: (pair: KeyPair) => void
  readonly close: () => Promise<void>
}

export const keySetPath = '/.well-known/jwks.json'
/** So long may a service believe a key that the gateway has withdrawn, and so long at least is a key published ahead. */
const cacheSeconds = 300

/**
 * Where services fetch the public keys of assertions; nothing else is to be had there. Over TLS where
 * it is given a certificate: in plain HTTP the keys are as genuine as the network in between.
 *
 * @throws Problem `port_in_use`
 */
export async function startKeySetListener(
  address: Address,
  pair: KeyPair | undefined,
  keySet: () => unknown,
): Promise<KeySetListener> {
  const handle = (request: IncomingMessage, response: ServerResponse) =>
    answer(request, response, keySet)
  const limits = { maxHeaderSize: 8_192, requestTimeout: 10_000, headersTimeout: 5_000 }
  const secure =
    pair === undefined
      ? undefined
      : https.createServer({ ...limits, cert: pair.certificate, key: pair.key }, handle)
  const server = secure ?? http.createServer(limits, handle)
  server.maxConnections = 256
  const listener = await openListener(server, address)
  return {
    ...listener,
    renew: ({ certificate, key }) => secure?.setSecureContext({ cert: certificate, key }),
  }
}

const errors = { 404: 'there is nothing but the key set here', 405: 'GET alone' }

function answer(request: IncomingMessage, response: ServerResponse, keySet: () => unknown): void {
  const [path] = (request.url ?? '').split('?', 1)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const status = path !== keySetPath ? 404 : isRead ? 200 : 405
  const body = `${JSON.stringify(status === 200 ? keySet() : { error: errors[status] })}\n`
  response.writeHead(status, {
    'content-type': status === 200 ? 'application/jwk-set+json' : 'application/json',
    'cache-control': status === 200 ? `max-age=${cacheSeconds}` : 'no-store',
    'content-length': Buffer.byteLength(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
