import { compareVersions } from '../stages/app-version.ts'
import type { StageSettings } from '../pipeline/stage.ts'
import type { GatewayConfig } from './gateway-config.ts'

/**
 * A rollout belongs to mode `enforce`, and must leave somebody to enforce for.
 *
 * @param pointer of the stages of a route or host
 * @throws Problem `config_invalid`
 */
export function checkRollouts(
  config: GatewayConfig,
  pointer: string,
  stages: Readonly<Record<string, unknown>>,
): void {
  for (const [name, settings] of Object.entries(stages)) {
    const { mode = 'enforce', enforce } = settings as StageSettings
    if (enforce === undefined) continue
    const at = `${pointer}/${name}/enforce`
    if (mode !== 'enforce') {
      throw config.problem(at, 'for whom a stage is enforced means nothing in another mode', {
        expected: 'mode: enforce, or no enforce',
        found: `mode: ${mode}`,
      })
    }
    const { from, below } = enforce.appVersions ?? {}
    if (from !== undefined && below !== undefined && compareVersions(from, below) >= 0) {
      throw config.problem(`${at}/appVersions`, 'no version lies between from and below', {
        expected: 'from older than below',
        found: `from ${from}, below ${below}`,
      })
    }
  }
}
