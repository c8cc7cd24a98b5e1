import { type ReasonCode, reasonOf } from './reasons.ts'

export type ProblemOptions = {
  /** Which thing is at fault, and how: one sentence that needs no log to be understood. */
  detail?: string
  /** What would have been accepted. For the operator; never sent to a caller outside. */
  expected?: string
  /** What was there instead. For the operator; never sent to a caller outside. */
  found?: string
  /** The member of the configuration at fault: JSON pointer (RFC 6901). Never sent to a caller outside. */
  pointer?: string
  /** When it is worth trying again; becomes Retry-After. */
  retryAfterSeconds?: number
  cause?: unknown
}

/** A refusal or failure with a stable code of the table of reasons. */
export class Problem extends Error {
  readonly code: ReasonCode
  readonly detail: string | undefined
  readonly expected: string | undefined
  readonly found: string | undefined
  readonly pointer: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ReasonCode, options: ProblemOptions = {}) {
    const reason = reasonOf(code)
    super(
      options.detail ?? reason.title,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'Problem'
    this.code = code
    this.detail = options.detail
    this.expected = options.expected
    this.found = options.found
    this.pointer = options.pointer
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem
}
