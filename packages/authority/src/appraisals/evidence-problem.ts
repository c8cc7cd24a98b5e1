import { Problem } from '@sallyport/problem'
import type { Appraisal } from './appraisal.ts'

/** Evidence that was refused: the first check that failed is the reason, the others are for the operator. */
export class EvidenceProblem extends Problem {
  readonly appraisal: Appraisal

  constructor(appraisal: Appraisal) {
    const first = appraisal.failed.find(({ isEnforced }) => isEnforced)
    const { code = 'evidence_refused', expected = '', found = '' } = first ?? {}
    super(code, { expected, found })
    this.name = 'EvidenceProblem'
    this.appraisal = appraisal
  }
}
