import type { GatewayRequest } from './gateway-request.ts'
import { isOff, modeOf } from './mode.ts'
import { pass, type Refusal, type Step, type Verdict } from './stage.ts'

/** What happens at the end of the pipeline. */
export type PipelineEnds<Request extends GatewayRequest> = {
  readonly forward: (request: Request) => void
  readonly refuse: (request: Request, refusal: Refusal) => void
}

/** Runs the stages of a request in order, and then the one of both ends that they lead to. */
export function runPipeline<Request extends GatewayRequest>(
  request: Request,
  steps: readonly Step[],
  ends: PipelineEnds<Request>,
): void {
  runFrom(request, steps, 0, ends)
}

// No promise is made, and no turn of the event loop taken, for stages that answer at once.
function runFrom<Request extends GatewayRequest>(
  request: Request,
  steps: readonly Step[],
  from: number,
  ends: PipelineEnds<Request>,
  hasContent = false,
): void {
  for (let index = from; index < steps.length; index++) {
    const step = steps[index] as Step
    if (isOff(step, request)) continue
    const isRead = hasContent && index === from
    if (step.contentBytes > 0 && !isRead && isContentMissing(request, step.contentBytes)) {
      void goOnWithContent(request, steps, index, ends)
      return
    }
    request.step = step
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

function isContentMissing({ exchange }: GatewayRequest, wantedBytes: number): boolean {
  if (exchange.contentLength === 0) return false
  const held = exchange.heldContent
  return held === undefined || (!held.isComplete && held.bytes.length < wantedBytes)
}

// The time that a client takes for its content is bounded by the edge (`limits.requestSeconds`).
async function goOnWithContent<Request extends GatewayRequest>(
  request: Request,
  steps: readonly Step[],
  index: number,
  ends: PipelineEnds<Request>,
): Promise<void> {
  const step = steps[index] as Step
  const content = await request.exchange.readContent(step.contentBytes)
  // The client is gone, and the books of the request are closed.
  if (content === undefined) return
  runFrom(request, steps, index, ends, true)
}

async function goOnLater<Request extends GatewayRequest>(
  request: Request,
  steps: readonly Step[],
  index: number,
  promise: Promise<Verdict>,
  ends: PipelineEnds<Request>,
): Promise<void> {
  const step = steps[index] as Step
  const verdict = await withinBudget(step, promise)
  if (isEnd(request, step, verdict)) end(request, step, verdict, ends)
  else runFrom(request, steps, index + 1, ends)
}

function isEnd(request: GatewayRequest, step: Step, verdict: Verdict): verdict is Refusal {
  if (verdict === pass) return false
  if (modeOf(step, request) === 'enforce') return true
  request.shadowed ??= []
  request.shadowed.push({ stage: step.stage, refusal: verdict })
  return false
}

function end<Request extends GatewayRequest>(
  request: Request,
  step: Step,
  refusal: Refusal,
  ends: PipelineEnds<Request>,
): void {
  request.refusal = refusal
  request.refusedBy = step.stage
  ends.refuse(request, refusal)
}

/** A verdict that comes later than this is not waited for: whoever waits holds a connection. */
const budgetMs = 10_000

// A stage that waits for others has bounds of its own, which are shorter; this one is the last.
async function withinBudget(step: Step, promise: Promise<Verdict>): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const overrun = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(overrunBy(step.stage)), budgetMs)
  })
  try {
    return await Promise.race([promise.catch(unavailable), overrun])
  } finally {
    clearTimeout(timer)
  }
}

function overrunBy(stage: string): Refusal {
  return {
    code: 'stage_unavailable',
    check: 'budget',
    expected: `a verdict of ${stage} within ${budgetMs / 1_000} seconds`,
    found: 'none',
  }
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
