import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DecisionRecord } from '@sallyport/wire'
import { http } from '../runtime/node-http.ts'
import type { Address } from '../worker/messages.ts'
import { type OpenListener, openListener } from './open-listener.ts'

export type OperationsOptions = {
  readonly version: string
  /** Why the gateway is not ready; undefined where it is. */
  readonly unready: () => string | undefined
  readonly metrics: () => Promise<string>
  /** The public keys of assertions. */
  readonly keySet: () => unknown
  /** A recent decision by request id or support code. */
  readonly findDecision: (key: string) => Promise<DecisionRecord | undefined>
  /** The lists of addresses, and the blocks that hold now. */
  readonly addresses: () => unknown
}

type Answer = { readonly status: number; readonly type: string; readonly body: string }
type Handler = (options: OperationsOptions, rest: string) => Promise<Answer> | Answer

const decisionKey = /^[A-Za-z0-9_-]{1,80}$/

/** What can be asked of a gateway by those who run it. A path that ends in a slash takes what follows. */
const paths: Readonly<Record<string, Handler>> = {
  '/health/live': () => json(200, { status: 'live' }),
  '/health/ready': ({ unready }) => {
    const why = unready()
    return why === undefined
      ? json(200, { status: 'ready' })
      : json(503, { status: 'not ready', why })
  },
  '/version': ({ version }) => json(200, { version, node: process.version, role: 'gateway' }),
  '/metrics': async ({ metrics }) => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: await metrics(),
  }),
  '/.well-known/jwks.json': ({ keySet }) => json(200, keySet()),
  '/addresses': ({ addresses }) => json(200, addresses()),
  '/decisions/': async ({ findDecision }, key) => {
    const record = decisionKey.test(key) ? await findDecision(key) : undefined
    return record === undefined ? notFound : json(200, record)
  },
}

const notFound = json(404, { code: 'not_found' })

/**
 * The operations listener: plain HTTP, for the machine itself and whoever watches it. It says which
 * devices called which routes, and so belongs on loopback or a private network.
 *
 * @throws Problem `port_in_use`
 */
export async function startOperations(
  address: Address,
  options: OperationsOptions,
): Promise<OpenListener> {
  const server = http.createServer({ maxHeaderSize: 8_192 }, (request, response) => {
    answer(request, options).then(
      (given) => send(response, given),
      (error: unknown) => send(response, json(500, { error: String(error) })),
    )
  })
  return openListener(server, address)
}

async function answer(request: IncomingMessage, options: OperationsOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, { error: 'GET alone' })
  const [path = ''] = (request.url ?? '').split('?', 1)
  if (Object.hasOwn(paths, path) && !path.endsWith('/'))
    return (paths[path] as Handler)(options, '')
  const slash = path.lastIndexOf('/') + 1
  const prefix = path.slice(0, slash)
  return Object.hasOwn(paths, prefix)
    ? (paths[prefix] as Handler)(options, path.slice(slash))
    : notFound
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}
