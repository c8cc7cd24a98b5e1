import {
  problemBody,
  problemContentType,
  publicCode,
  type ReasonCode,
  reasonOf,
} from '@sallyport/problem'
import type { Refusal } from './stage.ts'

/** What goes to a caller who is refused. */
export type RefusalAnswer = {
  readonly status: number
  /** Flat. */
  readonly headers: string[]
  readonly body: Buffer
}

/**
 * The answer to a refusal: a problem (RFC 9457) with what the caller may know, and the header fields
 * that belong to its status.
 *
 * @param realm the host, for WWW-Authenticate
 */
export function refusalAnswer(
  refusal: Refusal,
  options: { requestId: string; realm: string; now: number },
): RefusalAnswer {
  const told = publicCode(refusal.code)
  const { status } = reasonOf(told)
  const body = problemBody(refusal.code, {
    requestId: options.requestId,
    ...(refusal.violatedPolicies === undefined
      ? {}
      : { violatedPolicies: refusal.violatedPolicies }),
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    ...(clockCodes.has(told) ? { serverTime: new Date(options.now).toISOString() } : {}),
    ...(refusal.clockOffsetMs === undefined ? {} : { clockOffsetMs: refusal.clockOffsetMs }),
  })
  const headers = [
    'Content-Type',
    problemContentType,
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    options.requestId,
    'Proxy-Status',
    proxyStatus(told, status),
  ]
  for (const challenge of challengesOf(refusal, told, status, options.realm)) {
    headers.push('WWW-Authenticate', challenge)
  }
  if (refusal.retryAfterSeconds !== undefined) {
    headers.push('Retry-After', String(refusal.retryAfterSeconds))
  }
  if (refusal.headers !== undefined) headers.push(...refusal.headers)
  return { status, headers, body: Buffer.from(JSON.stringify(body)) }
}

/** The caller's clock, or ours, may be the trouble: it is told the time to compare with. */
const clockCodes: ReadonlySet<ReasonCode> = new Set([
  'device_certificate_expired',
  'device_certificate_not_yet_valid',
  'dpop_proof_time_wrong',
])

function challengesOf(
  { challenges }: Refusal,
  told: ReasonCode,
  status: number,
  realm: string,
): readonly string[] {
  if (challenges !== undefined) return challenges
  return status === 401 ? [deviceChallenge(told, realm)] : []
}

/**
 * A 401 must name a scheme (RFC 9110 §11.6.1), and none is registered for client certificates of TLS. `Mutual`
 * (RFC 8120) is a scheme of passwords; so this is a name of our own, which no client takes for one
 * that it knows, and which says what is missing.
 */
function deviceChallenge(code: ReasonCode, realm: string): string {
  return `DeviceCertificate realm="${realm}", error="${code}"`
}

/** RFC 9209 §2.3: that the refusal is the gateway's own, and of what kind. */
function proxyStatus(code: ReasonCode, status: number): string {
  return `sallyport; error=${proxyErrors[status] ?? 'proxy_internal_error'}; details="${code}"`
}

const proxyErrors: Readonly<Record<number, string>> = {
  400: 'http_request_error',
  401: 'http_request_denied',
  403: 'http_request_denied',
  404: 'http_request_denied',
  405: 'http_request_denied',
  408: 'http_request_error',
  413: 'http_request_error',
  421: 'http_request_denied',
  431: 'http_request_error',
}
