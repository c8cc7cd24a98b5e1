import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { type CelOutcome, compileCondition } from './cel/compile-condition.ts'
import { readingBounds } from './cel/values.ts'
import { celVariables } from './cel/variables.ts'
import type { Condition } from './condition.ts'
import type { GrantsOf } from './grants.ts'

/** Of the rules of one stage. What a condition looks at is made once for a request, and only where one is asked. */
export type WhenConditions = (source: string) => Condition

/** @throws TypeError where a condition was not checked before */
export function whenConditions(grantsOf: GrantsOf): WhenConditions {
  const ofPlain = celVariables(grantsOf, readingBounds.plain)
  const ofNested = celVariables(grantsOf, readingBounds.nested)
  return (source) => {
    const compiled = compileCondition(source)
    const { condition, fault } = compiled
    if (condition === undefined) throw new TypeError(`the condition ${source}: ${fault}`)
    const variablesOf = compiled.isNested ? ofNested : ofPlain
    const decide = (request: GatewayRequest): CelOutcome => condition(variablesOf(request))
    return {
      check: 'when',
      expected: source,
      needsUser: /\buser\b/.test(source),
      holds: (request) => decide(request) === true,
      found: (request) => {
        const outcome = decide(request)
        return typeof outcome === 'object' ? outcome.error : String(outcome)
      },
    }
  }
}
