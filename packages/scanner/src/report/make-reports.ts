import type { Severity } from '../finding.ts'
import type { ReportedFinding } from '../merge-findings.ts'
import type { Rule } from '../rule.ts'
import type { ScanResult } from '../scan.ts'
import { isAbout, isExpired, type Suppression } from './accept/suppression.ts'
import {
  type Changes,
  type GoneFinding,
  type IssuedCertificate,
  type Report,
  type RuledFinding,
  sorted,
} from './report.ts'

export type ReportSettings = {
  readonly failOn: Severity | 'never'
  /** The rules that are asked, by id: what others find is left out. */
  readonly asked: Readonly<Record<string, Rule>>
  readonly suppressions?: readonly Suppression[]
  /** Fingerprints of what was there before. */
  readonly baseline?: ReadonlySet<string>
  /** An older build: its file, and what was found in it. */
  readonly older?: { readonly file: string; readonly findings: readonly GoneFinding[] }
  /** Suppressions run out at this time, in milliseconds since 1970. */
  readonly now: number
}

export type ScannedFile = {
  readonly file: string
  readonly result: ScanResult
  readonly issued?: readonly IssuedCertificate[]
}

export type MadeReports = {
  readonly reports: readonly Report[]
  readonly expiredSuppressions: readonly Suppression[]
  /** Which no finding of any of the files was about. */
  readonly unusedSuppressions: readonly Suppression[]
}

/** Says of each finding whether it counts: it is asked for, not in the baseline, and nobody answers for it. */
export function makeReports(
  results: readonly ScannedFile[],
  settings: ReportSettings,
): MadeReports {
  const { suppressions = [], now } = settings
  const used = new Set<Suppression>()
  const reports = results.map((scanned) => makeReport(scanned, settings, used))
  return {
    reports,
    expiredSuppressions: suppressions.filter((one) => isExpired(one, now)),
    unusedSuppressions: suppressions.filter((one) => !used.has(one)),
  }
}

function makeReport(
  { file, result, issued }: ScannedFile,
  settings: ReportSettings,
  used: Set<Suppression>,
): Report {
  const { asked, baseline, suppressions = [], failOn, older, now } = settings
  const findings: RuledFinding[] = []
  const known: RuledFinding[] = []
  const suppressed: { finding: RuledFinding; by: Suppression }[] = []
  const before = older && new Set(older.findings.map(({ fingerprint }) => fingerprint))
  const all = sorted(result.findings.filter(({ rule }) => Object.hasOwn(asked, rule)))
  for (const one of all) {
    const finding = {
      ...one,
      about: asked[one.rule] as Rule,
      ...(before === undefined ? {} : { isNew: !before.has(one.fingerprint) }),
    }
    const about = suppressions.filter((suppression) => isAbout(suppression, finding))
    for (const suppression of about) used.add(suppression)
    const by = about.find((suppression) => !isExpired(suppression, now))
    const [expired] = about
    if (by !== undefined) suppressed.push({ finding, by })
    else if (expired !== undefined) findings.push({ ...finding, expired })
    else if (baseline?.has(finding.fingerprint) === true) known.push(finding)
    else findings.push(finding)
  }
  const { app, notChecked, unread, durationMs } = result
  const changes = older === undefined ? undefined : compare(older, all)
  return {
    file,
    app,
    findings,
    known,
    suppressed,
    notChecked,
    unread,
    durationMs,
    failOn,
    asked,
    ...(changes === undefined ? {} : { changes }),
    ...(issued === undefined ? {} : { issued }),
  }
}

function compare(
  older: NonNullable<ReportSettings['older']>,
  findings: readonly ReportedFinding[],
): Changes {
  const before = new Set(older.findings.map(({ fingerprint }) => fingerprint))
  const now = new Set(findings.map(({ fingerprint }) => fingerprint))
  return {
    against: older.file,
    new: [...now].filter((fingerprint) => !before.has(fingerprint)),
    unchanged: [...now].filter((fingerprint) => before.has(fingerprint)),
    gone: older.findings.filter(({ fingerprint }) => !now.has(fingerprint)),
  }
}
