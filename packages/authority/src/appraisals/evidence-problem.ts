import { Problem, reasonOf } from '@sallyport/problem'
import type { Appraisal } from './appraisal.ts'

/** How soon a phone may come again whose evidence could not be judged. */
const judgedAgainSeconds = 60

/**
 * Evidence that was refused: the first check that failed is the reason, the others are for the operator.
 * What the authority itself lacks is the reason only where nothing else is wrong, and may pass.
 */
export class EvidenceProblem extends Problem {
  readonly appraisal: Appraisal

  constructor(appraisal: Appraisal) {
    const enforced = appraisal.failed.filter(({ isEnforced }) => isEnforced)
    const first = enforced.find(({ code }) => !reasonOf(code).retryable) ?? enforced[0]
    const { code = 'evidence_refused', expected = '', found = '' } = first ?? {}
    const mayPass = reasonOf(code).retryable ? { retryAfterSeconds: judgedAgainSeconds } : {}
    super(code, { expected, found, ...mayPass })
    this.name = 'EvidenceProblem'
    this.appraisal = appraisal
  }
}
