import type { AppPackage } from '../app-package.ts'
import { type NotChecked, type Severity, severities } from '../finding.ts'
import { compareWeight, type ReportedFinding } from '../merge-findings.ts'
import type { Rule } from '../rule.ts'
import type { Suppression } from './accept/suppression.ts'

/** What is written of one package, in whatever format. */
export type Report = {
  /** As it was named on the command line. */
  readonly file: string
  readonly app: AppPackage
  /** What counts, worst first. */
  readonly findings: readonly RuledFinding[]
  /** What was there before: in the baseline. */
  readonly known: readonly RuledFinding[]
  /** What somebody answers for. */
  readonly suppressed: readonly SuppressedFinding[]
  readonly notChecked: readonly NotChecked[]
  /** Of these, what an app is nothing without. Where there are any, the report is no answer. */
  readonly unread: readonly NotChecked[]
  readonly durationMs: number
  /** The least severity that fails. */
  readonly failOn: Severity | 'never'
  /** The rules that were asked, by id. */
  readonly asked: Readonly<Record<string, Rule>>
  readonly changes?: Changes
  /** Where the authority was asked: the certificates of the package that it issued to devices. */
  readonly issued?: readonly IssuedCertificate[]
}

export type IssuedCertificate = {
  /** SHA-256 of the DER, base64url. */
  readonly thumbprint: string
  readonly subject: string
  /** Whether its key is in the package too. */
  readonly hasKey: boolean
  readonly deviceId: string
  readonly appId: string
  readonly status: string
  /** The command that ends it; undefined where it has ended. */
  readonly revoke?: string
}

/** A finding and its row in the table. */
export type RuledFinding = ReportedFinding & {
  readonly about: Rule
  /** Whether an older build did not have it; undefined where there is none to compare with. */
  readonly isNew?: boolean
  /** A suppression that has run out. */
  readonly expired?: Suppression
}

export type SuppressedFinding = { readonly finding: RuledFinding; readonly by: Suppression }

/** Against an older build. */
export type Changes = {
  /** Its file. */
  readonly against: string
  /** Fingerprints. */
  readonly new: readonly string[]
  readonly unchanged: readonly string[]
  readonly gone: readonly GoneFinding[]
}

export type GoneFinding = Pick<ReportedFinding, 'severity' | 'title' | 'fingerprint'> & {
  readonly rule: string
}

/** The findings that fail: at or above what the report fails on, or with a suppression that has run out. */
export function failing(report: Report): RuledFinding[] {
  return report.findings.filter((finding) => isFailing(finding, report))
}

/** As `failing`, of one. */
export function isFailing({ severity, expired }: RuledFinding, { failOn }: Report): boolean {
  if (failOn === 'never') return false
  return expired !== undefined || severities.indexOf(severity) <= severities.indexOf(failOn)
}

/** Worst first, in an order that depends on nothing else than what was found. */
export function sorted<Found extends ReportedFinding>(findings: readonly Found[]): Found[] {
  return [...findings].sort(
    (one, other) =>
      compareWeight(one, other) ||
      compareText(one.rule, other.rule) ||
      compareText(one.title, other.title) ||
      compareText(one.fingerprint, other.fingerprint),
  )
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** How many of each severity, worst first, without those that there are none of. */
export function countBySeverity(findings: readonly { severity: Severity }[]): [Severity, number][] {
  return severities
    .map((severity): [Severity, number] => [
      severity,
      findings.filter((finding) => finding.severity === severity).length,
    ])
    .filter(([, count]) => count > 0)
}
