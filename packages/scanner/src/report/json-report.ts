import { masvsCoverage } from './masvs.ts'
import { masweVersion } from './maswe.ts'
import type { Report, RuledFinding } from './report.ts'
import { safeJson } from './visible.ts'

/** The schema of a report: docs/reference/scan-report.schema.json. A change that breaks readers gets a new number. */
export const reportSchemaId = 'urn:sallyport:scan-report:1'

/** One report, or an array where several files were scanned. */
export function jsonReport(reports: readonly Report[]): string {
  const documents = reports.map(jsonDocument)
  return `${safeJson(documents.length === 1 ? documents[0] : documents)}\n`
}

export function jsonDocument(report: Report): Record<string, unknown> {
  const { file, app, findings, known, suppressed, notChecked, unread } = report
  const { durationMs, failOn } = report
  return {
    schema: reportSchemaId,
    file,
    package: {
      format: app.format,
      platform: app.platform,
      id: app.id ?? null,
      version: app.version ?? null,
      versionCode: app.versionCode ?? null,
      minSdk: app.minSdk ?? null,
      targetSdk: app.targetSdk ?? null,
      sha256: app.sha256 ?? null,
      bytes: app.bytes,
    },
    failOn,
    findings: findings.map((finding) => jsonFinding(finding, app.platform)),
    known: known.map((finding) => jsonFinding(finding, app.platform)),
    suppressed: suppressed.map(({ finding, by: { reason, owner, expires } }) => ({
      ...jsonFinding(finding, app.platform),
      suppression: { reason, owner, expires },
    })),
    ...(report.changes === undefined ? {} : { changes: report.changes }),
    ...(report.issued === undefined ? {} : { issued: report.issued }),
    masvs: masvsCoverage(report).map(({ control, state, findings: count, rules }) => {
      return { control, state, findings: count, rules }
    }),
    unread: unread.map(({ path, why }) => ({ path, why })),
    notChecked: notChecked.map(({ path, why }) => ({ path, why })),
    durationMs,
  }
}

function jsonFinding(
  finding: RuledFinding,
  platform: Report['app']['platform'],
): Record<string, unknown> {
  const { about, expired, facts, reproduce } = finding
  return {
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    title: finding.title,
    detail: finding.detail,
    fix: finding.fix,
    locations: finding.locations.map(({ path, offset, within }) => ({
      path,
      ...(offset === undefined ? {} : { offset }),
      ...(within === undefined ? {} : { within }),
    })),
    masvs: about.masvs,
    maswe: about.maswe.map(({ id, betaIds }) => ({ id, version: masweVersion, betaIds })),
    mastg: testsOf(finding, platform),
    cwe: about.cwe.map((number) => `CWE-${number}`),
    top10: about.top10,
    identity: finding.identity,
    fingerprint: finding.fingerprint,
    ...(facts === undefined ? {} : { facts }),
    ...(reproduce === undefined ? {} : { reproduce }),
    ...(expired === undefined
      ? {}
      : {
          expiredSuppression: {
            reason: expired.reason,
            owner: expired.owner,
            expires: expired.expires,
          },
        }),
  }
}

/** The tests of MASTG for the platform of the package; of both where that is not known. */
export function testsOf(
  { about: { mastg } }: RuledFinding,
  platform: Report['app']['platform'],
): readonly string[] {
  return platform === 'unknown' ? [...new Set([...mastg.android, ...mastg.ios])] : mastg[platform]
}
