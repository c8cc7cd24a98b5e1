import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address } from '../worker/messages.ts'
import { openListener } from '../control/open-listener.ts'
import { http } from '../runtime/node-http.ts'

export type Http01Listener = { readonly address: Address; readonly close: () => Promise<void> }

export type Http01Options = {
  /** The key authorization of a token, while an order is open. */
  readonly find: (token: string) => string | undefined
  /** Whether a name is one of ours. */
  readonly isHost: (name: string) => boolean
}

const prefix = '/.well-known/acme-challenge/'

/**
 * Plain HTTP: answers the CA (RFC 8555 §8.3), and sends whoever asks for one of our hosts to https. A
 * redirect to a name that a stranger made up is not given.
 *
 * @throws Problem `port_in_use`
 */
export async function startHttp01Listener(
  address: Address,
  options: Http01Options,
): Promise<Http01Listener> {
  const limits = { maxHeaderSize: 8_192, requestTimeout: 10_000, headersTimeout: 5_000 }
  const server = http.createServer(limits, (request, response) =>
    answer(request, response, options),
  )
  server.maxConnections = 1_024
  return openListener(server, address)
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { find, isHost }: Http01Options,
): void {
  const target = request.url ?? '/'
  const name = (request.headers.host ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  if (target.startsWith(prefix)) {
    const keyAuthorization = find(target.slice(prefix.length))
    if (keyAuthorization === undefined) end(response, 404, 'no such challenge\n')
    else end(response, 200, keyAuthorization)
  } else if (isHost(name) && target.startsWith('/')) {
    // 308: a POST stays one (RFC 9110 §15.4.9), though what it said has been on the wire by now.
    end(response, 308, 'use https\n', { location: `https://${name}${target}` })
  } else end(response, 404, 'this host is not served here\n')
}

function end(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': status === 200 ? 'application/octet-stream' : 'text/plain',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
    ...headers,
  })
  response.end(text)
}
