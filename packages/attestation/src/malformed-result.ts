import type { ReasonCode } from '@sallyport/problem'
import type { AttestationCheck, AttestationResult } from './attestation-result.ts'
import { boundedText, type CheckRow } from './check-table.ts'

/** The first check of every format. Its two codes are those of evidence that cannot be read. */
const name = 'wellFormed'

/** The check that stands first in the result of evidence that could be read. */
export const wellFormed = (expected: string, found: string): AttestationCheck => ({
  name,
  outcome: 'passed',
  code: null,
  expected,
  found,
})

/** The same of evidence that could not. */
export const illFormed = (fault: EvidenceFault): AttestationCheck => ({
  name,
  outcome: 'failed',
  code: fault.code ?? 'attestation_malformed',
  expected: fault.expected,
  found: boundedText(fault.found),
})

/** Why evidence cannot be read. */
export type EvidenceFault = {
  /** Default: `attestation_malformed`. */
  readonly code?: ReasonCode
  readonly expected: string
  readonly found: string
}

/** The result for evidence that cannot be read: nothing proven, and no check of the format reached. */
export function malformedResult(
  format: string,
  table: readonly Pick<CheckRow<never>, 'name'>[],
  fault: EvidenceFault,
): AttestationResult {
  return {
    format,
    accepted: false,
    assurance: 'unattested',
    development: false,
    checks: [
      illFormed(fault),
      ...table.map((row): AttestationCheck => {
        return {
          name: row.name,
          outcome: 'unchecked',
          code: null,
          expected: '',
          found: 'not reached',
        }
      }),
    ],
    claims: {},
    facts: {},
  }
}
