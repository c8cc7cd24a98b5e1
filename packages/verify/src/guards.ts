import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type GatewayIdentity, remember } from './identity.ts'
import { Refusal } from './refusal.ts'
import type { RequestHead, Verifier } from './verifier.ts'

/** A request as Express and Fastify pass it on: a mount point changes `url`, and leaves this as it was. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string }

/** A service of plain `node:http`: the handler sees only what came through a gateway. */
export function guardHttp(
  verifier: Verifier,
  handler: (request: IncomingMessage, response: ServerResponse, identity: GatewayIdentity) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    admit(verifier, request, response).then(
      (identity) => {
        if (identity !== undefined) handler(request, response, identity)
      },
      () => response.destroy(),
    )
  }
}

/**
 * A listener for `upgrade` of a `node:http` server. Requests for a WebSocket come by that event and pass no
 * other guard, nor the middleware of any framework.
 */
export function guardUpgrade(
  verifier: Verifier,
  handler: (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    identity: GatewayIdentity,
  ) => void,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    const destroy = (): void => void socket.destroy()
    socket.on('error', destroy)
    verifier.verify(headOf(request)).then(
      (identity) => {
        socket.off('error', destroy)
        remember(request, identity)
        handler(request, socket, head, identity)
      },
      (error: unknown) => {
        if (error instanceof Refusal) socket.end(refusalText(error))
        else socket.destroy()
      },
    )
  }
}

function refusalText(refusal: Refusal): string {
  const body = refusal.body()
  const fields = { ...refusal.headers(), connection: 'close', 'content-length': `${body.length}` }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const { status } = refusal
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}

/** Middleware for Express, Connect, and whatever takes their kind. `identityOf(request)` then says who calls. */
export function guardConnect(
  verifier: Verifier,
): (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void> {
  return async (request, response, next) => {
    let identity: GatewayIdentity | undefined
    try {
      identity = await admit(verifier, request, response)
    } catch (error) {
      next(error)
      return
    }
    if (identity !== undefined) next()
  }
}

/** Undefined where the request was refused, and the answer is given. */
async function admit(
  verifier: Verifier,
  request: MountedRequest,
  response: ServerResponse,
): Promise<GatewayIdentity | undefined> {
  try {
    const identity = await verifier.verify(headOf(request))
    remember(request, identity)
    return identity
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // What comes of the content is nobody's business any more.
    // HTTP/2 knows no such field, and resets the stream by itself (RFC 9113 §8.2.2).
    const closing = request.httpVersionMajor === 1 ? { connection: 'close' } : {}
    response.writeHead(error.status, { ...error.headers(), ...closing })
    response.end(error.body())
    return undefined
  }
}

/** What of Fastify is used; its own types fit. */
type FastifyRequest = { readonly raw: MountedRequest; readonly originalUrl: string }
type FastifyReply = {
  code: (status: number) => FastifyReply
  headers: (fields: Record<string, string>) => FastifyReply
  send: (body: string) => unknown
}

/** A Fastify hook: `app.addHook('onRequest', onRequest(verifier))`; then `identityOf(request.raw)`. */
export function onRequest(
  verifier: Verifier,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    try {
      const head = { ...headOf(request.raw), target: request.originalUrl }
      remember(request.raw, await verifier.verify(head))
      return undefined
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return reply.code(error.status).headers(error.headers()).send(error.body())
    }
  }
}

/**
 * A handler of WHATWG requests (Hono, and every runtime that calls `fetch(request)`). The URL of such a
 * request was put into its normal form: a path that has another one on the wire (`/a/../b`) is refused.
 */
export function guardFetch<Rest extends unknown[]>(
  verifier: Verifier,
  handler: (
    request: Request,
    identity: GatewayIdentity,
    ...rest: Rest
  ) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    let identity: GatewayIdentity
    try {
      identity = await verifier.verify({
        method: request.method,
        ...targetsOf(request.url),
        assertion: request.headers.get('sallyport-assertion') ?? undefined,
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return new Response(error.body(), { status: error.status, headers: error.headers() })
    }
    remember(request, identity)
    return handler(request, identity, ...rest)
  }
}

/**
 * Path and query of a URL in its normal form. That form has %27 for an apostrophe in the query (URL standard,
 * special-query percent-encode set), which many clients send as it is; both say the same.
 */
function targetsOf(url: string): Pick<RequestHead, 'target' | 'orTarget'> {
  const { pathname, search } = new URL(url)
  // The query of `/a?` is empty, and not none.
  const target = `${pathname}${search === '' && url.endsWith('?') ? '?' : search}`
  const orTarget = search.includes('%27')
    ? `${pathname}${search.replaceAll('%27', "'")}`
    : undefined
  return { target, orTarget }
}

function headOf(request: MountedRequest): RequestHead {
  const { method = '', url = '', originalUrl, headers } = request
  const assertion = headers['sallyport-assertion']
  return {
    method,
    target: originalUrl ?? url,
    // Several fields are joined to something that is no token.
    assertion: Array.isArray(assertion) ? assertion.join(', ') : assertion,
  }
}
