import type { AdminAppraisal, AdminAttestationResult } from '@sallyport/authority'
import type { Claims } from '@sallyport/attestation'
import { formatFacts } from '../terminal/facts.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { claimsText } from './claims-text.ts'
import { checksText } from './result-text.ts'

type Paint = Output['paint']

/** What came of evidence, as the authority keeps it: who sent it when, every check, everything parsed. */
export function appraisalText(appraisal: AdminAppraisal, paint: Paint): string {
  const { at, purpose, format, mode, outcome, assurance, address, requestId, results } = appraisal
  const facts = { at, purpose, mode, outcome, assurance, address, requestId }
  return [
    paint('bold', `Evidence: ${printable(format)}`),
    formatFacts(facts),
    ...results.map((result) => resultOf(result, paint)),
  ].join('\n\n')
}

function resultOf(
  { format, assurance, checks, claims }: AdminAttestationResult,
  paint: Paint,
): string {
  const parsed = claimsText(claims as Claims)
  return [
    `Checks of ${printable(format)}, assurance ${assurance}`,
    checksText(checks, paint),
    ...(parsed === '' ? [] : ['', `Parsed of ${printable(format)}`, parsed.replace(/^/gm, '  ')]),
  ].join('\n')
}
