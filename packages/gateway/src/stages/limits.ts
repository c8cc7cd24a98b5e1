import { compileBruteForce } from '../limits/brute-force.ts'
import { decideLimits } from '../limits/decide-limits.ts'
import { compileRule } from '../limits/limit-rule.ts'
import { bytesNeeded, limitDefaults, type LimitsSettings } from '../limits/limit-settings.ts'
import { limitsSchema } from '../limits/limits-schema.ts'
import type { Stage } from '../pipeline/stage.ts'

/** How often: every limit of the route on its own, behind the stages that prove who asks. */
export const limitsStage: Stage<LimitsSettings> = {
  name: 'limits',
  settings: limitsSchema,
  appliesTo: () => true,
  onlyWhereConfigured: true,
  contentBytes: bytesNeeded,
  compile: (settings, { host, route, services: { counters, addresses, limitCounts } }) => {
    const scope = { host: host.name, route: route?.name ?? '' }
    const { rules = [], bruteForce = [], fields = limitDefaults.fields } = settings
    return decideLimits({
      rules: rules.map((rule) =>
        compileRule(rule, scope, counters, limitCounts.of(scope, rule.name)),
      ),
      guards: bruteForce.map((guard) =>
        compileBruteForce(guard, scope, counters, limitCounts.of(scope, guard.name)),
      ),
      fields,
      counters,
      addresses,
    })
  },
}
