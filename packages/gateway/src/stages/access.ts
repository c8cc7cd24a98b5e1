import { type AccessSettings, accessMembers } from '../access/access-settings.ts'
import { denial } from '../access/denial.ts'
import { compileRules, isAllowedBy } from '../access/rule.ts'
import { type Decide, pass, type Stage } from '../pipeline/stage.ts'

/**
 * Whether this user, on this device, may do this. Deny by default: a request that no rule allows is
 * refused. The rule that allowed it is named in its decision.
 */
export const accessStage: Stage<AccessSettings> = {
  name: 'access',
  settings: accessMembers,
  appliesTo: () => true,
  onlyWhereConfigured: true,
  compile: ({ rules: settings = [] }, { services }): Decide => {
    const rules = compileRules(settings, services.grantsOf)
    return (request) => {
      for (const rule of rules) {
        if (!isAllowedBy(rule, request)) continue
        request.rule = rule.name
        return pass
      }
      return denial(rules, request)
    }
  },
}
