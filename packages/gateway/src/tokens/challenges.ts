import { publicCode, type ReasonCode, reasonOf } from '@sallyport/problem'
import type { Scheme } from './read-credentials.ts'
import type { Binding } from './token-settings.ts'

/**
 * The values of WWW-Authenticate that go with a refusal (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3): one for each
 * scheme that the route takes.
 *
 * @param used the scheme that the token came under; undefined where none came
 */
export type Challenges = (code: ReasonCode, used: Scheme | undefined) => readonly string[]

export type ChallengeOptions = {
  /** The host. */
  readonly realm: string
  readonly binding: Binding
  readonly algorithms: readonly string[]
  readonly acr: readonly string[] | undefined
  readonly maxAgeSeconds: number | undefined
}

const schemesOf: Readonly<Record<Binding, readonly Scheme[]>> = {
  none: ['Bearer'],
  certificate: ['Bearer', 'DPoP'],
  optional: ['Bearer', 'DPoP'],
  any: ['Bearer', 'DPoP'],
  dpop: ['DPoP'],
  both: ['DPoP'],
}

/** `error` by what the caller is told. Of those that are not here the status says which. */
const errors: Readonly<Partial<Record<ReasonCode, string>>> = {
  dpop_nonce_required: 'use_dpop_nonce',
  dpop_proof_invalid: 'invalid_dpop_proof',
  dpop_proof_time_wrong: 'invalid_dpop_proof',
  step_up_required: 'insufficient_user_authentication',
}

/** RFC 6750 §3.1: who brought no token at all is told no error. */
const silent: ReadonlySet<ReasonCode> = new Set(['token_required'])

/** RFC 6750 §3.1. */
const errorsByStatus: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'insufficient_scope',
}

export function compileChallenges(options: ChallengeOptions): Challenges {
  const made = new Map<string, readonly string[]>()
  return (code, used) => {
    const told = publicCode(code)
    const key = `${told} ${used ?? ''}`
    const known = made.get(key)
    if (known !== undefined) return known
    const challenges = challengesOf(told, used, options)
    // As many as there are reasons and schemes.
    made.set(key, challenges)
    return challenges
  }
}

function challengesOf(
  told: ReasonCode,
  used: Scheme | undefined,
  { realm, binding, algorithms, acr, maxAgeSeconds }: ChallengeOptions,
): readonly string[] {
  const { status, title } = reasonOf(told)
  const error = silent.has(told) ? undefined : (errors[told] ?? errorsByStatus[status])
  if (error === undefined && !silent.has(told)) return []
  const schemes = schemesOf[binding]
  const blamed = used !== undefined && schemes.includes(used) ? used : schemes[0]
  const isStepUp = told === 'step_up_required'
  return schemes.map((scheme) => {
    const isBlamed = error !== undefined && scheme === blamed
    const parameters = [
      `realm="${realm}"`,
      ...(isBlamed ? [`error="${error}"`, `error_description="${title}"`] : []),
      ...(isBlamed && isStepUp && acr !== undefined ? [`acr_values="${acr.join(' ')}"`] : []),
      ...(isBlamed && isStepUp && maxAgeSeconds !== undefined
        ? [`max_age="${maxAgeSeconds}"`]
        : []),
      ...(scheme === 'DPoP' ? [`algs="${algorithms.join(' ')}"`] : []),
    ]
    return `${scheme} ${parameters.join(', ')}`
  })
}
