import { listenerName } from '../configuration/gateway-config.ts'
import type { GatewaySettings } from '../configuration/section.ts'

/** What a reload leaves as it is. */
const fixed = ['name', 'listen', 'workers', 'stateDirectory', 'operations', 'keySet'] as const

/** The settings that differ and take effect at the next start alone. */
export function restartNeeded(before: GatewaySettings, after: GatewaySettings): string[] {
  return fixed
    .filter((member) => differ(fixedPart(before, member), fixedPart(after, member)))
    .map((member) => `gateway.${member}`)
    .concat(
      differ(tableSizes(before), tableSizes(after)) ? ['gateway.counters'] : [],
      differ(before.decisions?.listen, after.decisions?.listen) ? ['gateway.decisions.listen'] : [],
    )
}

function differ(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after)
}

function tableSizes({ counters }: GatewaySettings): unknown {
  return Object.entries(counters).filter(([name]) => name.endsWith('Keys'))
}

// Of listeners the sockets stay; what else is said of them is taken over.
function fixedPart(settings: GatewaySettings, member: (typeof fixed)[number]): unknown {
  return member === 'listen' ? settings.listen.map(listenerName) : settings[member]
}
