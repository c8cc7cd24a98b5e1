import {
  type Action,
  actions,
  isReasonCode,
  type ReasonCode,
  reasonOf,
  supportCode,
} from '@sallyport/problem'

/** Every code this version knows, and one for all that it does not. A `switch` over it can be complete. */
export type SallyportCode = ReasonCode | 'unknown'

export type SallyportErrorOptions = {
  /** The code as the server sent it, where it is not one of ours. */
  serverCode?: string
  detail?: string
  /** HTTP status of the answer; undefined where there was none. */
  status?: number
  retryable?: boolean
  action?: Action | undefined
  requestId?: string
  supportCode?: string
  retryAfterMs?: number
  clockOffsetMs?: number
  cause?: unknown
}

/** A refusal by the gateway or the authority, or a failure on the way to them. */
export class SallyportError extends Error {
  readonly code: SallyportCode
  /** The code as it was sent: equal to `code` unless that is `unknown`. Only `[a-z0-9_]`, at most 80. */
  readonly serverCode: string
  /** Whether the very same call may succeed later without anyone changing anything. */
  readonly retryable: boolean
  /** What the app can do about it by itself. */
  readonly action: Action | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** For a person to read out: finds the decision at the operator's. */
  readonly supportCode: string | undefined
  /** How long the server asked to wait before the next attempt. */
  readonly retryAfterMs: number | undefined
  /** Server time less the time of this phone, where the server measured it. */
  readonly clockOffsetMs: number | undefined

  constructor(code: SallyportCode, options: SallyportErrorOptions = {}) {
    const reason = code === 'unknown' ? undefined : reasonOf(code)
    super(
      options.detail ?? reason?.title ?? 'The server refused for a reason unknown to this version',
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'SallyportError'
    this.code = code
    this.serverCode = options.serverCode ?? code
    this.retryable = options.retryable ?? reason?.retryable ?? false
    this.action = 'action' in options ? options.action : reason?.action
    this.status = options.status
    this.requestId = options.requestId
    this.supportCode = options.supportCode
    this.retryAfterMs = options.retryAfterMs
    this.clockOffsetMs = options.clockOffsetMs
  }
}

export function isSallyportError(error: unknown): error is SallyportError {
  return error instanceof SallyportError
}

const codeForm = /^[a-z][a-z0-9_]{0,79}$/
const requestIdForm = /^[A-Za-z0-9._-]{1,80}$/
const supportCodeForm = /^[A-Z0-9]{4}-[A-Z0-9]{4}$/

/**
 * The error that a body of `application/problem+json` tells of (RFC 9457 §3), or undefined where it is
 * not one of Sallyport's, but of the service behind the gateway. Members of the wrong shape are left
 * out: a refusal stays a refusal however its body looks.
 */
export function errorFromProblem(
  status: number,
  body: unknown,
  retryAfterMs: number | undefined,
): SallyportError | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const members = new Map<string, unknown>(Object.entries(body))
  const sent = members.get('code')
  if (typeof sent !== 'string' || !codeForm.test(sent)) return undefined
  if (members.get('type') !== `urn:sallyport:reason:${sent}`) return undefined
  const code = isReasonCode(sent) ? sent : 'unknown'
  const action = actions.find((known) => known === members.get('action'))
  const requestId = textOf(members.get('requestId'), requestIdForm)
  const support =
    textOf(members.get('supportCode'), supportCodeForm) ??
    (requestId === undefined ? undefined : supportCode(requestId))
  const retryable = members.get('retryable')
  const offset = members.get('clockOffsetMs')
  const detail = members.get('detail')
  const title = members.get('title')
  const told = typeof detail === 'string' ? detail : title
  return new SallyportError(code, {
    serverCode: sent,
    status,
    action,
    ...(typeof told === 'string' ? { detail: told.slice(0, 500) } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(support === undefined ? {} : { supportCode: support }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(typeof offset === 'number' && Number.isFinite(offset) ? { clockOffsetMs: offset } : {}),
  })
}

function textOf(value: unknown, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined
}
