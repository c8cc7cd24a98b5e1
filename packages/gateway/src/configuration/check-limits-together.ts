import {
  type KeyWord,
  type LimitRuleSettings,
  type LimitsSettings,
  sourcesOf,
} from '../limits/limit-settings.ts'
import type { StageSettings } from '../pipeline/stage.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { HostPlan, RoutePlan } from './plan.ts'

/** What a limit may count by that only a token tells, or only a client certificate. */
const ofToken: ReadonlySet<unknown> = new Set<KeyWord>(['user', 'token'])
const ofDevice: ReadonlySet<unknown> = new Set<KeyWord>(['device', 'app', 'appVersion'])

/**
 * What the limits of a route alone cannot tell: rules that would never count anybody, and rules that share
 * counters without being the same limit.
 *
 * @throws Problem `config_invalid`
 */
export function checkLimitsTogether(config: GatewayConfig, hosts: readonly HostPlan[]): void {
  const shared = new Map<string, string>()
  for (const host of hosts) {
    for (const [index, route] of host.routes.entries()) {
      const settings = route.stages['limits'] as LimitsSettings | undefined
      if (settings?.mode === 'off') continue
      for (const [number, rule] of (settings?.rules ?? []).entries()) {
        const routeAt = `/gateway/hosts/${host.name}/routes/${index}`
        const at = placeOf(config, host.name, index)
        const pointer = at === undefined ? routeAt : `${at}/limits/rules/${number}`
        checkKey(config, pointer, rule, host, route)
        checkShared(config, pointer, rule, host, shared)
      }
    }
  }
}

// The route's own entry for a stage replaces that of its host.
function placeOf(config: GatewayConfig, name: string, index: number): string | undefined {
  const host = config.value.gateway.hosts[name]
  const at = `/gateway/hosts/${name}`
  if (host?.routes[index]?.stages?.['limits'] !== undefined) return `${at}/routes/${index}/stages`
  return host?.stages?.['limits'] === undefined ? undefined : `${at}/stages`
}

function checkKey(
  config: GatewayConfig,
  at: string,
  rule: LimitRuleSettings,
  host: HostPlan,
  route: RoutePlan,
): void {
  const sources = sourcesOf(rule)
  const token = route.stages['token'] as StageSettings | undefined
  if (sources.some((source) => ofToken.has(source)) && (token?.mode ?? 'off') === 'off') {
    throw config.problem(`${at}/key`, `the rule counts nobody on the route ${route.name}`, {
      expected: 'the stage token on this route, which tells the user',
      found: token === undefined ? 'no stage token' : 'token: {mode: off}',
    })
  }
  if (sources.some((source) => ofDevice.has(source)) && host.clientCertificate === 'off') {
    throw config.problem(`${at}/key`, `the rule counts nobody on the route ${route.name}`, {
      expected: 'a host that asks for client certificates',
      found: 'clientCertificate: off',
    })
  }
}

function checkShared(
  config: GatewayConfig,
  at: string,
  rule: LimitRuleSettings,
  host: HostPlan,
  shared: Map<string, string>,
): void {
  const { name, across = 'route', limit, per, perDayIn, atOnce, burst } = rule
  if (across === 'route') return
  const id = across === 'host' ? `${host.name}\0${name}` : `\0${name}`
  const said = JSON.stringify({ key: sourcesOf(rule), limit, per, perDayIn, atOnce, burst })
  const first = shared.get(id)
  if (first !== undefined && first !== said) {
    throw config.problem(at, `the limit ${name} is another one on another route`, {
      expected: `as there, or another name: ${first}`,
      found: said,
    })
  }
  shared.set(id, said)
}
