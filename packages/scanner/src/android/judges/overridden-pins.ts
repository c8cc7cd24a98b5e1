import type { Judge } from '../../detector.ts'
import { identityOf } from './identity.ts'

/** Pins that do not count, because the configuration says so of every authority that the platform trusts. */
export const overriddenPins: Judge = function* ({ networkPolicies }, { app }) {
  for (const { packageName, hosts } of networkPolicies) {
    for (const { host, pinSet, anchors } of hosts) {
      const system = anchors.value.find(
        ({ source, isForDebugging }) => source === 'system' && !isForDebugging,
      )
      if (pinSet === undefined || pinSet.pins.length === 0 || !system?.overridesPins) continue
      yield {
        rule: 'pinning-missing',
        severity: 'medium',
        confidence: 'certain',
        title: `The pins of ${host} are switched off by overridePins`,
        detail: `Chains that end in one of the platform's own authorities need not match any pin of ${host}: their <certificates> has overridePins="true".`,
        fix: 'Leave overridePins to <debug-overrides>.',
        locations: [system.location, pinSet.location],
        identity: identityOf(app, packageName, `${host} overridePins`),
        facts: { host },
      }
    }
  }
}
