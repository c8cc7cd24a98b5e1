import type { DecisionRecord, StageTrace } from '@sallyport/wire'
import type { Outcome } from '../exchange/exchange.ts'
import { loggedPath } from '../log/access-line.ts'
import type { GatewayRequest } from './gateway-request.ts'
import { isOff } from './mode.ts'
import type { Refusal, RuleMiss, Step } from './stage.ts'

/** The whole trace of a request: what every stage said, and what came of it. */
export function decisionRecord(request: GatewayRequest, outcome: Outcome): DecisionRecord {
  const { exchange, caller, host, route } = request
  const leaf = caller.currentLeaf()
  const code = request.refusal?.code ?? outcome.code
  return {
    requestId: exchange.requestId,
    at: request.at,
    address: caller.address,
    host: host.plan.name,
    method: exchange.method.slice(0, 40),
    path: loggedPath(exchange.target),
    ...(route === undefined ? {} : { route: route.plan.name.slice(0, 200) }),
    status: outcome.status,
    ...(code === undefined ? {} : { code }),
    ...(request.rule === undefined ? {} : { rule: request.rule }),
    ...(leaf?.device === undefined ? {} : { deviceId: leaf.device.deviceId }),
    ...(leaf?.device?.appId === undefined ? {} : { appId: leaf.device.appId }),
    ...(leaf === undefined ? {} : { thumbprint: leaf.thumbprint }),
    ...(request.token === undefined ? {} : { user: request.token.label }),
    stages: [...stageTraces(request, (route ?? host).steps), forwardTrace(request, outcome)],
  }
}

function stageTraces(request: GatewayRequest, steps: readonly Step[]): StageTrace[] {
  let isOver = false
  return steps.map((step): StageTrace => {
    const { stage, mode } = step
    if (isOver || isOff(step, request)) return { stage, mode, verdict: 'skip' }
    const shadowed = request.shadowed?.find((shadow) => shadow.stage === stage)
    // In force for some, or laxer for a while: what counts is how it was for this request.
    if (shadowed !== undefined) return refused(stage, 'shadow', shadowed.refusal)
    if (request.refusedBy !== stage || request.refusal === undefined) {
      return { stage, mode, verdict: 'pass' }
    }
    isOver = true
    return refused(stage, 'enforce', request.refusal)
  })
}

function forwardTrace(request: GatewayRequest, outcome: Outcome): StageTrace {
  const { code, expected, found, detail } = outcome
  if (request.refusal !== undefined) return { stage: 'forward', mode: 'enforce', verdict: 'skip' }
  if (code === undefined) return { stage: 'forward', mode: 'enforce', verdict: 'pass' }
  return refused('forward', 'enforce', {
    code,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined && detail === undefined ? {} : { found: found ?? detail ?? '' }),
  })
}

function refused(stage: string, mode: StageTrace['mode'], refusal: Refusal): StageTrace {
  const { code, check, expected, found, rules } = refusal
  return {
    stage,
    mode,
    verdict: 'refuse',
    code,
    ...(check === undefined ? {} : { check }),
    ...(expected === undefined ? {} : { expected: expected.slice(0, 500) }),
    ...(found === undefined ? {} : { found: found.slice(0, 500) }),
    ...(rules === undefined ? {} : { rules: rules.map(boundedMiss) }),
  }
}

function boundedMiss({ rule, check, expected, found }: RuleMiss): RuleMiss {
  return {
    rule,
    check: check.slice(0, 100),
    expected: expected.slice(0, 200),
    found: found.slice(0, 200),
  }
}
