import type { GatewayRequest } from './gateway-request.ts'
import { pass, type Refusal, type Step, type Verdict } from './stage.ts'

/** What happens at the end of the pipeline. */
export type PipelineEnds = {
  readonly forward: (request: GatewayRequest) => void
  readonly refuse: (request: GatewayRequest, refusal: Refusal) => void
}

/** Runs the stages of a request in order, and then the one of both ends that they lead to. */
export function runPipeline(
  request: GatewayRequest,
  steps: readonly Step[],
  ends: PipelineEnds,
): void {
  runFrom(request, steps, 0, ends)
}

// No promise is made, and no turn of the event loop taken, for stages that answer at once.
function runFrom(
  request: GatewayRequest,
  steps: readonly Step[],
  from: number,
  ends: PipelineEnds,
): void {
  for (let index = from; index < steps.length; index++) {
    const step = steps[index] as Step
    if (step.mode === 'off') continue
    let verdict: Verdict | Promise<Verdict>
    try {
      verdict = step.decide(request)
    } catch (error) {
      verdict = unavailable(error)
    }
    if (verdict === pass) continue
    if (verdict instanceof Promise) {
      void goOnLater(request, steps, index, verdict, ends)
      return
    }
    if (!isEnd(request, step, verdict)) continue
    end(request, step, verdict, ends)
    return
  }
  ends.forward(request)
}

async function goOnLater(
  request: GatewayRequest,
  steps: readonly Step[],
  index: number,
  promise: Promise<Verdict>,
  ends: PipelineEnds,
): Promise<void> {
  const verdict = await promise.catch(unavailable)
  const step = steps[index] as Step
  if (isEnd(request, step, verdict)) end(request, step, verdict, ends)
  else runFrom(request, steps, index + 1, ends)
}

function isEnd(request: GatewayRequest, step: Step, verdict: Verdict): verdict is Refusal {
  if (verdict === pass) return false
  if (step.mode !== 'shadow') return true
  request.shadowed ??= []
  request.shadowed.push({ stage: step.stage, refusal: verdict })
  return false
}

function end(request: GatewayRequest, step: Step, refusal: Refusal, ends: PipelineEnds): void {
  request.refusal = refusal
  request.refusedBy = step.stage
  ends.refuse(request, refusal)
}

// Fail closed: a stage that cannot decide refuses.
function unavailable(error: unknown): Refusal {
  const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return {
    code: 'stage_unavailable',
    check: 'stage',
    expected: 'a verdict',
    found: found.slice(0, 500),
  }
}
