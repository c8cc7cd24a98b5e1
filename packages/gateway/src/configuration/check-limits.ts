import { isTimeZone } from '../access/time-window.ts'
import type { LimitRuleSettings, LimitsSettings } from '../limits/limit-settings.ts'
import type { GatewayConfig } from './gateway-config.ts'

/**
 * What no schema can say of the limits of a route: names that come twice, rules that say nothing or two
 * things, a cost that no burst can pay.
 *
 * @param pointer of the stages of a route or host
 * @throws Problem `config_invalid`
 */
export function checkLimits(
  config: GatewayConfig,
  pointer: string,
  stages: Readonly<Record<string, unknown>>,
): void {
  const settings = stages['limits'] as LimitsSettings | undefined
  if (settings === undefined) return
  const { rules = [], bruteForce = [], mode } = settings
  if (rules.length + bruteForce.length === 0 && mode !== 'off') {
    throw config.problem(`${pointer}/limits`, 'nothing is limited', {
      expected:
        'rules, or bruteForce, or both; mode: off where a host limits and this route does not',
      found: Object.keys(settings).join(', ') || 'no member',
    })
  }
  const names = new Set<string>()
  for (const [list, given] of Object.entries({ rules, bruteForce })) {
    for (const [index, { name }] of given.entries()) {
      const at = `${pointer}/limits/${list}/${index}/name`
      if (names.has(name)) {
        throw config.problem(at, 'two limits have the same name', { found: name })
      }
      names.add(name)
    }
  }
  for (const [index, rule] of rules.entries()) {
    checkRule(config, `${pointer}/limits/rules/${index}`, rule)
  }
}

function checkRule(config: GatewayConfig, at: string, rule: LimitRuleSettings): void {
  const { limit, per, perDayIn, atOnce, burst = limit, cost = 1, countStatus } = rule
  const isOpen = atOnce !== undefined
  const said = [per, perDayIn, atOnce].filter((member) => member !== undefined)
  if (said.length !== 1 || isOpen === (limit !== undefined)) {
    throw config.problem(at, 'the rule does not say one limit', {
      expected: 'limit and per, or limit and perDayIn, or atOnce alone',
      found: ['limit', 'per', 'perDayIn', 'atOnce'].filter((name) => name in rule).join(', '),
    })
  }
  if (per === undefined && rule.burst !== undefined) {
    throw config.problem(`${at}/burst`, 'only a rule with limit and per has a burst')
  }
  if (isOpen && (countStatus !== undefined || rule.cost !== undefined)) {
    throw config.problem(at, 'requests under way are counted one by one, whatever their answer', {
      expected: 'atOnce without countStatus and cost',
    })
  }
  if (!isOpen && cost > (burst ?? 1)) {
    throw config.problem(`${at}/cost`, 'no request could ever pay for itself', {
      expected: `at most ${burst}`,
      found: String(cost),
    })
  }
  if (perDayIn !== undefined && !isTimeZone(perDayIn)) {
    throw config.problem(`${at}/perDayIn`, 'there is no such time zone', { found: perDayIn })
  }
}
