import type { GatewayRequest } from '../pipeline/gateway-request.ts'

/** One condition of a rule, compiled. */
export type Condition = {
  /** Which member of the rule it comes from. */
  readonly check: string
  /** For the operator. */
  readonly expected: string
  /** Whether a user must be signed in for it to hold: without one, signing in may help. */
  readonly needsUser: boolean
  /** Never throws. */
  readonly holds: (request: GatewayRequest) => boolean
  /** What there is instead, for the operator: names of the configuration, no values of claims. */
  readonly found: (request: GatewayRequest) => string
}
