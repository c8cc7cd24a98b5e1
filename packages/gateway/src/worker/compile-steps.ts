import type { HostPlan, RoutePlan } from '../configuration/plan.ts'
import { compileRollout } from '../pipeline/rollout.ts'
import type { Stage, StageSettings, Step } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import type { Services } from './services.ts'

/**
 * Compiles the stages of a route, in the order of the table.
 *
 * @param route undefined for requests that match none: they meet the defaults of their host
 * @param wanted the stages to compile at all
 */
export function compileSteps(
  host: HostPlan,
  route: RoutePlan | undefined,
  services: Services,
  wanted: (stage: string) => boolean = () => true,
): Step[] {
  const configured = (route ?? host).stages
  return stages
    .filter((stage) => stage.appliesTo(host) && wanted(stage.name))
    .filter((stage) => !stage.onlyWhereConfigured || Object.hasOwn(configured, stage.name))
    .map((stage) => {
      // Each stage's settings were held against its own schema.
      const { name, compile, contentBytes } = stage as Stage<StageSettings>
      const settings = (configured[name] ?? {}) as StageSettings
      return {
        stage: name,
        mode: settings.mode ?? 'enforce',
        isEnforcedFor:
          settings.enforce === undefined ? undefined : compileRollout(name, settings.enforce),
        canBeLaxer: stage.settings !== undefined,
        override: undefined,
        contentBytes: contentBytes?.(settings) ?? 0,
        decide: compile(settings, { host, route, services }),
      }
    })
}
