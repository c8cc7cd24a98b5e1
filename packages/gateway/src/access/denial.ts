import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import type { Refusal, RuleMiss } from '../pipeline/stage.ts'
import type { Condition } from './condition.ts'
import type { Rule } from './rule.ts'

type Examined = { readonly rule: Rule; readonly failed: readonly Condition[] }

/**
 * The refusal of a request that no rule allows. What could be mended by signing in, or by a token with more
 * scopes, is said to the caller; whatever else is missing is for the operator.
 */
export function denial(rules: readonly Rule[], request: GatewayRequest): Refusal {
  const examined = rules.map((rule) => ({
    rule,
    failed: rule.conditions.filter((condition) => !condition.holds(request)),
  }))
  const misses = examined.map(({ rule, failed: [first] }) => miss(rule, first, request))
  const operator = {
    check: 'rules',
    expected: `one of the rules ${rules.map(({ name }) => name).join(', ')}`,
    found: misses.map(({ rule, check, found }) => `${rule}: ${check}: ${found}`).join('; '),
    rules: misses,
  }
  if (request.user === undefined && examined.some(lacksOnlyUser)) {
    return {
      code: 'token_required',
      ...operator,
      challenges: [`Bearer realm="${request.host.plan.name}"`],
    }
  }
  const unscoped = examined.find(lacksOnlyScopes)
  if (unscoped === undefined) return { code: 'access_denied', ...operator }
  return {
    code: 'scope_missing',
    ...operator,
    challenges: [scopeChallenge(request, unscoped.rule)],
  }
}

function miss(rule: Rule, failed: Condition | undefined, request: GatewayRequest): RuleMiss {
  return {
    rule: rule.name,
    check: failed?.check ?? 'rule',
    expected: failed?.expected ?? '',
    found: failed?.found(request) ?? '',
  }
}

function lacksOnlyUser({ failed }: Examined): boolean {
  return failed.length > 0 && failed.every(({ needsUser }) => needsUser)
}

function lacksOnlyScopes({ failed }: Examined): boolean {
  return failed.length > 0 && failed.every(({ check }) => check === 'scopes')
}

/** RFC 6750 §3.1; in the scheme that the token came with (RFC 9449 §7.1). */
function scopeChallenge(request: GatewayRequest, { scopes }: Rule): string {
  const scheme = /^DPoP /i.test(request.exchange.header('authorization') ?? '') ? 'DPoP' : 'Bearer'
  const realm = request.host.plan.name
  return `${scheme} realm="${realm}", error="insufficient_scope", scope="${scopes.join(' ')}"`
}
