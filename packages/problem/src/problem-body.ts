import type { Action } from './reason.ts'
import { publicCode, type ReasonCode, reasonOf } from './reasons.ts'

/** The body of a refusal: application/problem+json (RFC 9457 §3) with Sallyport's members. */
export type ProblemBody = {
  /** `about:blank` would lose the code; the type is a stable URN of it. */
  type: string
  title: string
  status: number
  detail?: string
  code: ReasonCode
  requestId: string
  supportCode: string
  retryable: boolean
  action?: Action
  /** For `sync-clock`: the time at the server, RFC 3339, and how far the caller's clock is off. */
  serverTime?: string
  clockOffsetMs?: number
  /** Names of the limits that were exceeded (draft-ietf-httpapi-ratelimit-headers-11 §6). */
  'violated-policies'?: readonly string[]
}

export type ProblemBodyOptions = {
  requestId: string
  /** Only a detail that the caller may know. Dropped where the reason has another public face. */
  detail?: string
  serverTime?: string
  clockOffsetMs?: number
  violatedPolicies?: readonly string[]
}

export const problemContentType = 'application/problem+json'

/** The public body of a refusal. Expected and found never enter it. */
export function problemBody(code: ReasonCode, options: ProblemBodyOptions): ProblemBody {
  const told = publicCode(code)
  const reason = reasonOf(told)
  const { violatedPolicies } = options
  return {
    type: reason.problemType ?? `urn:sallyport:reason:${told}`,
    title: reason.title,
    status: reason.status,
    ...(options.detail !== undefined && told === code ? { detail: options.detail } : {}),
    code: told,
    requestId: options.requestId,
    supportCode: supportCode(options.requestId),
    retryable: reason.retryable,
    ...(reason.action === undefined ? {} : { action: reason.action }),
    ...(options.serverTime === undefined ? {} : { serverTime: options.serverTime }),
    ...(violatedPolicies === undefined ? {} : { 'violated-policies': violatedPolicies }),
    ...(options.clockOffsetMs === undefined ? {} : { clockOffsetMs: options.clockOffsetMs }),
  }
}

/**
 * The short code that a person can read out on the telephone: the last eight characters of the
 * request id, in two groups. 40 bits: found together with the time of the call.
 */
export function supportCode(requestId: string): string {
  const tail = requestId.slice(-8).toUpperCase()
  return `${tail.slice(0, 4)}-${tail.slice(4)}`
}
