import { nearest } from '@sallyport/config/nearest'
import type { AccessSettings, RuleSettings } from '../access/access-settings.ts'
import { compileCondition } from '../access/cel/compile-condition.ts'
import { parameterSource, parameterSourceForms } from '../access/parameter-condition.ts'
import { isTimeZone } from '../access/time-window.ts'
import { routePattern } from '../routing/route-pattern.ts'
import type { GatewayConfig } from './gateway-config.ts'

/**
 * What no schema can say of the rules of the access stage: names that come twice, conditions that are no
 * CEL, parameters that the path does not have.
 *
 * @param pointer of the stages of a route or host
 * @param path of the route; undefined for the defaults of a host, whose routes have other parameters each
 * @throws Problem `config_invalid`
 */
export function checkAccess(
  config: GatewayConfig,
  pointer: string,
  stages: Readonly<Record<string, unknown>>,
  path: string | undefined,
): void {
  const settings = stages['access'] as AccessSettings | undefined
  if (settings === undefined) return
  const { rules = [], mode } = settings
  if (rules.length === 0 && mode !== 'off') {
    throw config.problem(`${pointer}/access`, 'without rules nobody is let in', {
      expected: 'rules, or mode: off',
    })
  }
  const names = new Set<string>()
  for (const [index, rule] of rules.entries()) {
    const at = `${pointer}/access/rules/${index}`
    if (names.has(rule.name)) {
      throw config.problem(`${at}/name`, 'two rules have the same name', { found: rule.name })
    }
    names.add(rule.name)
    checkConditions(config, at, rule)
    checkPermissions(config, at, rule)
    checkParameters(config, at, rule, path)
    checkWindow(config, at, rule)
    checkWhen(config, at, rule)
  }
}

const conditions = [
  'scopes',
  'roles',
  'permissions',
  'parameters',
  'device',
  'during',
  'when',
] as const satisfies readonly (keyof RuleSettings)[]

/** A rule that asks nothing lets everybody in: whoever means that says so. */
function checkConditions(config: GatewayConfig, at: string, rule: RuleSettings): void {
  if (conditions.some((name) => rule[name] !== undefined)) return
  throw config.problem(at, 'the rule has no condition, and would let everybody in', {
    expected: `one or more of ${conditions.join(', ')}; where everybody is meant, when: 'true'`,
    found: 'name alone',
  })
}

/** Permissions that a provider gives are known of the token alone: then nothing can be said. */
function checkPermissions(
  config: GatewayConfig,
  at: string,
  { permissions = [] }: RuleSettings,
): void {
  const { gateway, identityProviders = {} } = config.value
  const isGiven = Object.values(identityProviders).some((provider) => provider.permissions)
  if (isGiven) return
  const roles = Object.values(gateway.access?.roles ?? {})
  const known = [...new Set(roles.flatMap((role) => role.permissions ?? []))]
  const index = permissions.findIndex((permission) => !known.includes(permission))
  const permission = permissions[index]
  if (permission === undefined) return
  const near = nearest(permission, known)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  throw config.problem(`${at}/permissions/${index}`, `no role gives this permission${hint}`, {
    expected: `one of gateway.access.roles: ${known.join(', ') || 'none is there'}; or permissions: { claim } at an identity provider`,
    found: permission,
  })
}

function checkParameters(
  config: GatewayConfig,
  at: string,
  { parameters = {} }: RuleSettings,
  path: string | undefined,
): void {
  const there = path === undefined ? undefined : routePattern(path).pattern?.parameters
  for (const [name, settings] of Object.entries(parameters)) {
    if (there !== undefined && !there.some((parameter) => parameter.name === name)) {
      throw config.problem(`${at}/parameters/${name}`, 'the path has no such parameter', {
        expected: `{${name}} as a segment of match.path`,
        found: path ?? '',
      })
    }
    for (const [member, source] of Object.entries(settings)) {
      if (parameterSource(source) !== undefined) continue
      throw config.problem(`${at}/parameters/${name}/${member}`, 'nothing has this name', {
        expected: parameterSourceForms,
        found: source,
      })
    }
  }
}

function checkWindow(config: GatewayConfig, at: string, { during }: RuleSettings): void {
  if (during === undefined || isTimeZone(during.timeZone)) return
  throw config.problem(`${at}/during/timeZone`, 'there is no such time zone', {
    expected: 'a name of the IANA database, such as Europe/Berlin',
    found: during.timeZone,
  })
}

function checkWhen(config: GatewayConfig, at: string, { when }: RuleSettings): void {
  if (when === undefined) return
  const { fault } = compileCondition(when)
  if (fault === undefined) return
  throw config.problem(`${at}/when`, 'the condition is not valid CEL', {
    expected: 'a condition over user, device, request and now',
    found: fault,
  })
}
