import type { GatewaySettings } from '../configuration/section.ts'

/** What a reload leaves as it is. */
const fixed = ['name', 'listen', 'workers', 'stateDirectory', 'operations', 'keySet'] as const

/** The settings that differ and take effect at the next start alone. */
export function restartNeeded(before: GatewaySettings, after: GatewaySettings): string[] {
  return fixed
    .filter((member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]))
    .map((member) => `gateway.${member}`)
}
