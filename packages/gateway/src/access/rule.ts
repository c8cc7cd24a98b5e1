import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import type { RuleSettings } from './access-settings.ts'
import { type WhenConditions, whenConditions } from './cel-condition.ts'
import type { Condition } from './condition.ts'
import { deviceConditions } from './device-conditions.ts'
import type { GrantsOf } from './grants.ts'
import { parameterCondition } from './parameter-condition.ts'
import { compileTimeWindow, type TimeWindow } from './time-window.ts'
import { permissionCondition, roleConditions, scopeCondition } from './user-conditions.ts'

/** A rule, compiled: what costs least first, CEL last. */
export type Rule = {
  readonly name: string
  readonly scopes: readonly string[]
  readonly conditions: readonly Condition[]
}

export function compileRules(rules: readonly RuleSettings[], grantsOf: GrantsOf): Rule[] {
  const when = whenConditions(grantsOf)
  return rules.map((rule) => ({
    name: rule.name,
    scopes: rule.scopes ?? [],
    conditions: conditionsOf(rule, grantsOf, when),
  }))
}

function conditionsOf(rule: RuleSettings, grantsOf: GrantsOf, when: WhenConditions): Condition[] {
  const { scopes, roles, permissions, parameters = {}, device, during } = rule
  return [
    ...(scopes === undefined ? [] : [scopeCondition(scopes)]),
    ...(roles === undefined ? [] : roleConditions(roles, grantsOf)),
    ...(permissions === undefined ? [] : [permissionCondition(permissions, grantsOf)]),
    ...Object.entries(parameters).map(([name, settings]) => parameterCondition(name, settings)),
    ...(device === undefined ? [] : deviceConditions(device)),
    ...(during === undefined ? [] : [windowCondition(during)]),
    ...(rule.when === undefined ? [] : [when(rule.when)]),
  ]
}

function windowCondition(window: TimeWindow): Condition {
  const isIn = compileTimeWindow(window)
  const { days, from = '00:00', to = '24:00', timeZone } = window
  return {
    check: 'during',
    expected: `${days === undefined ? '' : `${days.join(' ')} `}${from} to ${to} in ${timeZone}`,
    needsUser: false,
    holds: ({ at }) => isIn(at),
    found: ({ at }) => new Date(at).toISOString(),
  }
}

/** Asked of every request: nothing is allocated but by conditions in CEL. */
export function isAllowedBy(rule: Rule, request: GatewayRequest): boolean {
  for (const condition of rule.conditions) if (!condition.holds(request)) return false
  return true
}
