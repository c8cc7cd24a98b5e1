import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { Problem, type ReasonCode } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { Logger } from 'pino'
import type { ConnectionAdmission } from '../admission/connection-admission.ts'
import { problemOf } from './problem-of.ts'
import { addressOf, peerCertificate } from './caller.ts'
import { refuseDeepJson } from './json-depth.ts'
import { isOwnFault } from './own-fault.ts'
import { refuseNul, refuseNulInUrl } from './refuse-nul.ts'
import { type ProblemFace, sendProblem, socketProblem } from './problem-reply.ts'
import { compileWhenFirstSent } from './response-serializer.ts'

/** A Fastify instance whose routes are typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  http.IncomingMessage,
  http.ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export type ApiOptions = {
  log: Logger
  /** Without it: plain HTTP. */
  tls?: { cert: string; key: string }
  bodyLimitBytes: number
  /** How much a refusal tells: the public face, or what was expected and found as well. */
  face: ProblemFace
  /** Milliseconds since 1970. */
  now: () => number
  /** Decides when a connection is looked at; without it all are at once. */
  admission?: ConnectionAdmission
  /** How long an answer may lie there of which nothing is taken: milliseconds, by default a minute. */
  unreadMs?: number
  /** Told of each refusal, before it is sent. */
  onRefusal?: (problem: Problem, request: FastifyRequest) => void
}

const maxHeaderBytes = 16 * 1024
const maxConnections = 10_000

/** Time that a client has: for the handshake, the header section, the whole request, between requests. */
const limits = {
  handshakeMs: 5_000,
  headersMs: 5_000,
  requestMs: 15_000,
  keepAliveMs: 65_000,
  unreadMs: 60_000,
  checkEveryMs: 1_000,
}

/**
 * A server of JSON over HTTP/1.1 whose every refusal is a problem (RFC 9457), with bounds on time and
 * size before anything is parsed.
 *
 * A client certificate is asked for and never verified by TLS: what a handler believes of it, it
 * verifies itself, on every request.
 */
export function createApi(options: ApiOptions): Api {
  const { log, face, onRefusal } = options
  const loggerInstance: FastifyBaseLogger = log
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionTimeout: 0,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    genReqId: () => newId('request'),
    requestIdHeader: false,
    serverFactory: (handler) => createServer(options, handler),
    clientErrorHandler: (error, socket) => answerBadClient(error, socket, log),
    frameworkErrors: (error, request, reply) => {
      refuse(problemOf(error), request, reply)
    },
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .setSerializerCompiler(compileWhenFirstSent)
    .withTypeProvider<TypeBoxTypeProvider>()

  const refuse = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => {
    onRefusal?.(problem, request)
    // A stranger who was refused comes again through the queue, while others stand in it.
    const isCrowded = options.admission?.isCrowded === true
    if (isCrowded && peerCertificate(request) === undefined) reply.header('connection', 'close')
    return sendProblem(reply, problem, { face, requestId: request.id, now: options.now() })
  }
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, text, done) => {
      try {
        refuseDeepJson(text)
      } catch (error) {
        done(error as Problem)
        return
      }
      void parseJson(request, text, (error, message) => {
        try {
          refuseNul(message, text)
          done(error, message)
        } catch (problem) {
          done(problem as Problem)
        }
      })
    },
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store')
    refuseNulInUrl(request.url)
  })
  app.addHook('onResponse', async (request, reply) => {
    log.info(
      {
        requestId: request.id,
        address: addressOf(request),
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    )
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    if (isOwnFault(problem)) {
      request.log.error({ err: error, requestId: request.id }, problem.code)
    }
    return refuse(problem, request, reply)
  })
  app.setNotFoundHandler((request, reply) =>
    refuse(new Problem('not_found', { detail: 'There is no such route' }), request, reply),
  )
  return app
}

function createServer(
  { tls, log, admission, unreadMs = limits.unreadMs }: ApiOptions,
  handler: (request: http.IncomingMessage, response: http.ServerResponse) => void,
): http.Server {
  const bounds = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    insecureHTTPParser: false,
    pauseOnConnect: admission !== undefined,
  }
  /** Who reads nothing of a long answer would hold it in memory for ever, and a stop of the server with it. */
  const answer: typeof handler = (request, response) => {
    response.once('prefinish', () => request.socket.setTimeout(unreadMs))
    handler(request, response)
  }
  const guarded = <S extends http.Server>(server: S): S => admission?.guard(server) ?? server
  if (tls === undefined) return guarded(bounded(http.createServer(bounds, answer)))
  const server = https.createServer(
    {
      ...bounds,
      ...tls,
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.handshakeMs,
      requestCert: true,
      rejectUnauthorized: false,
    },
    answer,
  )
  server.on('tlsClientError', (error, socket) => {
    log.info({ address: socket.remoteAddress, reason: error.message }, 'handshake failed')
  })
  // Fastify types its servers as plain ones; it uses nothing that a TLS server lacks.
  return guarded(bounded(server))
}

function bounded(server: http.Server): http.Server {
  server.maxConnections = maxConnections
  return server
}

/** Errors of the HTTP parser that still have someone to answer to. The rest is of TLS or of the network. */
const badClientCodes: Readonly<Record<string, ReasonCode>> = {
  HPE_HEADER_OVERFLOW: 'request_header_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What is no HTTP, or came too slowly, is answered on the socket itself, which then closes. */
function answerBadClient(error: Error & { code?: string }, socket: Socket, log: Logger): void {
  const { code = '' } = error
  const reason = badClientCodes[code] ?? (code.startsWith('HPE_') ? 'request_malformed' : undefined)
  // Also a handshake that was not finished in time comes here: nothing can be sent to such a peer.
  if (reason === undefined || !socket.writable) {
    socket.destroy()
    return
  }
  log.info({ address: socket.remoteAddress, reason: code }, 'request refused')
  socket.write(socketProblem(reason))
  socket.destroySoon()
}
