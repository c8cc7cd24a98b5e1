import {
  type Problem,
  problemBody,
  problemContentType,
  publicCode,
  type ReasonCode,
} from '@sallyport/problem'
import type { Exchange } from '../exchange/exchange.ts'
import type { UpstreamFailure } from './upstream-failure.ts'

/** Answers for a service that did not. */
export function refuseFailure(exchange: Exchange, failure: UpstreamFailure): void {
  // Where the caller may not know the reason, its error type would tell it.
  const isPublic = publicCode(failure.code) === failure.code
  refuse(exchange, failure.code, isPublic ? failure.proxyError : 'destination_unavailable')
}

/** Answers a request that cannot be sent to any service. */
export function refuseProblem(exchange: Exchange, problem: Problem): void {
  note(exchange, problem)
  refuse(exchange, problem.code, 'http_request_error')
}

function refuse(exchange: Exchange, code: ReasonCode, proxyError: string): void {
  const body = problemBody(code, { requestId: exchange.requestId })
  exchange.refuse(
    body.status,
    [
      'Content-Type',
      problemContentType,
      'Cache-Control',
      'no-store',
      'X-Request-Id',
      exchange.requestId,
      'Proxy-Status',
      `sallyport; error=${proxyError}; details="${body.code}"`,
    ],
    Buffer.from(JSON.stringify(body)),
  )
}

type Noted = {
  code: ReasonCode
  detail?: string | undefined
  expected?: string | undefined
  found?: string | undefined
}

/** Puts the reason where the log and the trace of the request find it. */
export function note(exchange: Exchange, failure: Noted): void {
  const { outcome } = exchange
  outcome.code = failure.code
  if (failure.detail !== undefined) outcome.detail = failure.detail
  if (failure.expected !== undefined) outcome.expected = failure.expected
  if (failure.found !== undefined) outcome.found = failure.found
}
