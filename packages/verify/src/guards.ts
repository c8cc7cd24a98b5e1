import type { IncomingMessage, ServerResponse } from 'node:http'
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
    response.writeHead(error.status, { ...error.headers(), connection: 'close' })
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
    const { pathname, search } = new URL(request.url)
    let identity: GatewayIdentity
    try {
      identity = await verifier.verify({
        method: request.method,
        target: `${pathname}${search}`,
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
