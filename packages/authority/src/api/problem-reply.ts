import {
  Problem,
  type ProblemBody,
  problemBody,
  problemContentType,
  publicCode,
  type ReasonCode,
  reasonOf,
} from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { FastifyContextConfig, FastifyReply } from 'fastify'
import { acmeErrorOf } from '../protocols/acme/acme-error.ts'
import { oauthErrorOf } from './oauth/oauth-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its refusals are told as OAuth has them, too. */
    oauth?: 'client' | 'device'
    /** What a caller without credentials is asked for, where it is not a client certificate. */
    challenge?: string
    /** Its refusals have types of ACME. */
    acme?: boolean
  }
}

/** `public`: what a phone may know. `operator`: the exact code, and what was expected and found. */
export type ProblemFace = 'public' | 'operator'

/** Reasons whose detail is about our own machinery. */
const innerReasons: ReadonlySet<ReasonCode> = new Set(['internal_error', 'store_unavailable'])

/** Of setup no caller outside is told: neither that a key is missing here, nor the path that it should be at. */
function toldOutside(problem: Problem): Problem {
  const isOfSetup = reasonOf(publicCode(problem.code)).status === 0
  return isOfSetup ? new Problem('internal_error', { cause: problem }) : problem
}

/** Sends a problem (RFC 9457 §3). */
export function sendProblem(
  reply: FastifyReply,
  found: Problem,
  { face, requestId, now }: { face: ProblemFace; requestId: string; now: number },
): FastifyReply {
  const problem = face === 'public' ? toldOutside(found) : found
  const told = face === 'public' ? publicCode(problem.code) : problem.code
  const { oauth: kind, acme } = configOf(reply)
  const oauth = kind === undefined ? undefined : oauthErrorOf(problem.code)
  const { status = reasonOf(told).status } = oauth ?? {}
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds))
  }
  const challenge = status === 401 ? challengeOf(reply, problem.code, told) : undefined
  if (challenge !== undefined) reply.header('www-authenticate', challenge)
  const body =
    face === 'public' ? publicBody(problem, requestId, now) : operatorBody(problem, requestId)
  return (
    reply
      .code(status === 0 ? 500 : status)
      // RFC 6749 §5.2, to which our members are further parameters. Phones know ours.
      .type(kind === 'client' ? 'application/json' : problemContentType)
      .serializer(JSON.stringify)
      .send({
        ...body,
        ...(oauth === undefined ? {} : { ...oauth, error_description: body.title }),
        ...(acme === true ? acmeErrorOf(told) : {}),
      })
  )
}

/** Before a route was found, there are no options of one, whatever the types say. */
function configOf(reply: FastifyReply): Partial<FastifyContextConfig> {
  const { config } = (reply.routeOptions ?? {}) as Partial<FastifyReply['routeOptions']>
  return config ?? {}
}

/** A client of ACME authenticates by its signature, which no scheme has a name for. */
function challengeOf(reply: FastifyReply, exact: ReasonCode, code: ReasonCode): string | undefined {
  const { acme, challenge } = configOf(reply)
  return acme === true ? undefined : (challenge ?? authenticateChallenge(exact, code))
}

/** RFC 9110 §11.6.1: a 401 names a scheme. There is none for client certificates; gateways call theirs so, too. */
function authenticateChallenge(exact: ReasonCode, code: ReasonCode): string {
  if (exact === 'oauth_client_refused') return 'Basic realm="authority", charset="UTF-8"'
  if (code.startsWith('admin_token') || code === 'token_required') return 'Bearer realm="authority"'
  // RFC 6750 §3.1: an expired token is invalid_token, too.
  if (code.startsWith('token_')) return 'Bearer realm="authority", error="invalid_token"'
  return `DeviceCertificate realm="authority", error="${code}"`
}

function publicBody(problem: Problem, requestId: string, now: number): ProblemBody {
  const isInner = innerReasons.has(problem.code)
  return problemBody(problem.code, {
    requestId,
    ...(problem.detail === undefined || isInner ? {} : { detail: problem.detail }),
    ...(reasonOf(problem.code).action === 'sync-clock'
      ? { serverTime: new Date(now).toISOString() }
      : {}),
  })
}

type OperatorBody = ProblemBody & { expected?: string; found?: string; fix: string }

function operatorBody(problem: Problem, requestId: string): OperatorBody {
  const { code, detail, expected, found } = problem
  const reason = reasonOf(code)
  return {
    ...problemBody(code, { requestId }),
    // The exact code, where a caller outside would be told another.
    type: `urn:sallyport:reason:${code}`,
    title: reason.title,
    status: reason.status,
    code,
    fix: reason.fix,
    ...(detail === undefined ? {} : { detail }),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  }
}

/** A whole answer, for a socket that never became a request. */
export function socketProblem(code: ReasonCode): string {
  const requestId = newId('request')
  const body = JSON.stringify(problemBody(code, { requestId }))
  const { status } = reasonOf(code)
  return [
    `HTTP/1.1 ${status} Refused`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
