import { safeJson } from '../visible.ts'
import type { Report } from '../report.ts'
import { sarifRun } from './run.ts'

/**
 * SARIF 2.1.0 (OASIS), one run for each package, within what GitHub code scanning takes. What is in the baseline or
 * suppressed is left out: GitHub opens alerts for it whatever `suppressions` says (github/codeql-action#1230), and
 * closes an alert that is not there any more.
 */
export function sarifReport(reports: readonly Report[]): string {
  const log = {
    $schema:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: reports.map(sarifRun),
  }
  return `${safeJson(log)}\n`
}
