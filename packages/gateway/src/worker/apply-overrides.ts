import type { OpenGlass } from '../break-glass/open-glass.ts'
import type { ModeOverride, Step } from '../pipeline/stage.ts'
import type { Generation } from './generation.ts'

/** Sets on every stage of a configuration what was done to it by breaking the glass, in place of what was. */
export function applyOverrides(generation: Generation, open: readonly OpenGlass[]): void {
  for (const host of generation.hosts.values()) {
    setAll(host.steps, open.filter(isForAll))
    for (const { steps, plan } of host.routeList) {
      setAll(
        steps,
        open.filter((entry) => isForAll(entry) || entry.route === plan.name),
      )
    }
  }
}

function isForAll({ route }: OpenGlass): boolean {
  return route === 'all'
}

function setAll(steps: readonly Step[], open: readonly OpenGlass[]): void {
  for (const step of steps) {
    const mine = open.filter(({ stage }) => stage === step.stage)
    step.override = step.canBeLaxer ? laxest(mine) : undefined
  }
}

/** Of several the laxest; of those the one that lasts longest. */
function laxest(open: readonly OpenGlass[]): ModeOverride | undefined {
  const off = open.filter(({ mode }) => mode === 'off')
  const best = off.length > 0 ? off : open
  const [first, ...others] = best
  if (first === undefined) return undefined
  return { mode: first.mode, until: Math.max(first.until, ...others.map(({ until }) => until)) }
}
