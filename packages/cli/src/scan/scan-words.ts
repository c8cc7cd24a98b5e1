import {
  countWords,
  failing,
  type MadeReports,
  type OlderReport,
  type Report,
  severities,
  type Suppression,
} from '@sallyport/scanner'
import { printable } from '../terminal/printable.ts'
import { momentWords } from '../terminal/span.ts'
import type { ScanOptions } from './scan-options.ts'

/** Suppressions that have run out, which fail, and those that nothing was found for. */
export function suppressionWords(made: MadeReports, now: number): string[] {
  const { expiredSuppressions, unusedSuppressions } = made
  return [
    ...expiredSuppressions.map((one) => {
      const end = momentWords(Date.parse(`${one.expires}T23:59:59Z`), now)
      return `The suppression of ${subject(one)} ran out ${end}: ${printable(one.owner)} answered for it (${printable(one.reason)}). Mend it, or answer for it anew.`
    }),
    ...unusedSuppressions
      .filter((one) => !expiredSuppressions.includes(one))
      .map((one) => `Nothing was found for the suppression of ${subject(one)}: take it out.`),
  ]
}

/** What of a baseline is not found any more: kept, it would let the same in again. */
export function baselineWords(
  { reports }: MadeReports,
  baseline: ReadonlySet<string> | undefined,
): string[] {
  if (baseline === undefined) return []
  const found = reports.flatMap(({ findings, known, suppressed }) => [
    ...findings,
    ...known,
    ...suppressed.map(({ finding }) => finding),
  ])
  const fingerprints = new Set(found.map(({ fingerprint }) => fingerprint))
  const gone = [...baseline].filter((fingerprint) => !fingerprints.has(fingerprint)).length
  return gone === 0
    ? []
    : [`${gone} of the baseline ${gone === 1 ? 'is' : 'are'} not found any more: write it anew.`]
}

/** A baseline, or an older build, that says little of this one: of another app, or of a package that was cut off. */
export function olderBuildWords(
  { reports }: MadeReports,
  file: string | undefined,
  older: OlderReport | undefined,
): string[] {
  if (file === undefined || older === undefined) return []
  const partial = older.isPartial
    ? [
        `${printable(file)} is of a package that could not be read: what seems new may have been in it.`,
      ]
    : []
  const before = new Set(older.packageIds)
  const now = reports.flatMap(({ app }) => app.id ?? [])
  if (before.size === 0 || now.length === 0 || now.some((id) => before.has(id))) return partial
  const ids = (all: Iterable<string>) => printable([...all].slice(0, 3).join(', '))
  return [
    ...partial,
    `${printable(file)} is of ${ids(before)}, and this is ${ids(now)}: they are compared all the same.`,
  ]
}

function subject({ fingerprint, rule, path, identity }: Suppression): string {
  return printable(fingerprint ?? [rule, path, identity].filter(Boolean).join(' '))
}

/** What to do next: one line. */
export function nextStep(reports: readonly Report[], { format, failOn }: ScanOptions): string {
  const unread = reports.filter((report) => report.unread.length > 0).length
  if (unread > 0) {
    const which = reports.length === 1 ? 'The package' : `${unread} of ${reports.length} packages`
    return `${which} could not be read: exit code 3, whatever was found. Build or fetch it anew, and scan it again.`
  }
  const failed = reports
    .flatMap(failing)
    .sort((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
  const [worst] = failed
  if (worst !== undefined) {
    const at = failOn === 'never' ? '' : `, and --fail-on is ${failOn}`
    return `${countWords(failed)}${at}. Begin with ${worst.rule}: docs/guide/scanning.md says what to do, and how to answer for what stays.`
  }
  const left = reports.flatMap(({ findings }) => findings)
  if (left.length === 0) return nothingLeft(reports)
  const more = format === 'text' ? ' For a reviewer: --format html --output report.html' : ''
  return `${countWords(left)}; nothing fails at --fail-on ${failOn}.${more}`
}

function nothingLeft(reports: readonly Report[]): string {
  const accepted = reports.reduce((sum, one) => sum + one.known.length + one.suppressed.length, 0)
  const found =
    accepted === 0
      ? 'Nothing was found'
      : `Nothing was found beyond what was accepted (${accepted})`
  return reports.some(({ notChecked }) => notChecked.length > 0)
    ? `${found}, but not everything could be looked into: the report says what.`
    : `${found}.`
}
