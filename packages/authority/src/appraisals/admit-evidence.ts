import type { Authority, Caller } from '../authority.ts'
import type { PolicyGate } from '../enrollment/policy-gate.ts'
import type { Appraisal } from './appraisal.ts'
import { refusedRow } from './appraisal-row.ts'
import { appraiseEvidence } from './appraise-evidence.ts'
import type { AppraisalOrder } from './appraise-parts.ts'
import { type AssertedFacts, deviceFacts } from './device-facts.ts'
import { EvidenceProblem } from './evidence-problem.ts'

/**
 * Appraises the evidence of a message and holds it to the mode of its app: what fails in `enforce`
 * refuses, and the refused appraisal is kept; what fails in `shadow` is noted at the gate.
 *
 * @throws EvidenceProblem with the code of the first check that failed
 */
export async function admitEvidence(
  authority: Authority,
  order: AppraisalOrder,
  { gate, caller, asserted }: { gate: PolicyGate; caller: Caller; asserted: AssertedFacts },
): Promise<Appraisal> {
  const appraisal = await appraiseEvidence(authority, order)
  const { appId } = order
  const { outcome } = appraisal
  const help = 'Appraisals of evidence, by app, mode and outcome'
  authority.metrics.count('sallyport_authority_appraisals_total', help, {
    app: appId,
    mode: appraisal.mode,
    outcome,
  })
  if (outcome === 'refused') {
    // What was refused proves nothing of the phone: the report goes by what it says.
    const facts = deviceFacts({}, asserted)
    authority.refusedAppraisals.keep(refusedRow(appraisal, { appId, facts, ...caller }))
    throw new EvidenceProblem(appraisal)
  }
  for (const { name, code, expected, found } of appraisal.failed) {
    gate.note({ check: name, code, expected, found })
  }
  return appraisal
}
