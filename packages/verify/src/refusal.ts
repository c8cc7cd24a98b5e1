/**
 * Why a request is refused. A caller without a gateway's word is told no more than the title; `why` of
 * a `Refusal` is for the log.
 */
export const refusals = {
  assertion_missing: { status: 403, title: 'This service is reached through its gateway alone' },
  assertion_invalid: { status: 403, title: 'The word of the gateway is not valid' },
  assertion_expired: { status: 403, title: 'The word of the gateway is too old' },
  assertion_mismatch: { status: 403, title: 'The word of the gateway is about another request' },
  assertion_replayed: { status: 403, title: 'The word of the gateway was used before' },
  keys_unavailable: { status: 503, title: 'The word of the gateway cannot be verified now' },
  keys_expired: { status: 503, title: 'The word of the gateway cannot be verified any more' },
  replay_memory_full: { status: 503, title: 'The service takes no more requests at the moment' },
} as const

export type RefusalCode = keyof typeof refusals

export const refusalCodes = Object.keys(refusals) as RefusalCode[]

/** A request that is not served. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly status: number
  /** For the operator: what was found. Holds no part of a token. */
  readonly why: string

  constructor(code: RefusalCode, why: string, options?: ErrorOptions) {
    super(`${refusals[code].title}: ${why}`, options)
    this.code = code
    this.status = refusals[code].status
    this.why = why
  }

  /** The body of the answer (RFC 9457), `application/problem+json`. */
  body(): string {
    const { status, title } = refusals[this.code]
    return `${JSON.stringify({ status, title, code: this.code })}\n`
  }

  /** Header fields of the answer. */
  headers(): Record<string, string> {
    return {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(this.status === 503 ? { 'retry-after': '5' } : {}),
    }
  }
}
