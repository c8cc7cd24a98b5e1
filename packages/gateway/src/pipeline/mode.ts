import type { GatewayRequest } from './gateway-request.ts'
import type { Mode, Step } from './stage.ts'

/**
 * In which mode a stage is for one request: what its settings say, or, for as long as glass is broken,
 * the laxer of both.
 */
export function modeOf(step: Step, request: GatewayRequest): Mode {
  const { override } = step
  if (override !== undefined && request.at < override.until) return laxer(step.mode, override.mode)
  if (step.mode === 'enforce' && step.isEnforcedFor?.(request) === false) return 'shadow'
  return step.mode
}

/** Whether the stage does not even look at the request. */
export function isOff(step: Step, request: GatewayRequest): boolean {
  // Nearly always the first question is the last.
  if (step.override === undefined) return step.mode === 'off'
  return modeOf(step, request) === 'off'
}

const laxity: Readonly<Record<Mode, number>> = { enforce: 0, shadow: 1, off: 2 }

function laxer(one: Mode, other: Mode): Mode {
  return laxity[one] >= laxity[other] ? one : other
}
