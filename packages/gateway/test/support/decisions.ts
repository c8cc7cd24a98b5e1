import { type Answer, eventually } from './client.ts'
import type { Bed } from './gateway.ts'

type Trace = { readonly stage: string; readonly code?: string }

/** What the operator is told that a stage refused a request for. */
export async function stageCode(
  bed: Bed,
  answer: Answer,
  stage: string,
): Promise<string | undefined> {
  const id = String(answer.json()['requestId'])
  let stages: readonly Trace[] = []
  // It is kept when the answer is out.
  await eventually(async () => {
    const decision = await fetch(`${bed.operations}/decisions/${id}`)
    if (decision.status === 200) ({ stages } = (await decision.json()) as { stages: Trace[] })
    else await decision.body?.cancel()
    return decision.status === 200
  })
  return stages.find((trace) => trace.stage === stage)?.code
}
