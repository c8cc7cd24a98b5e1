import type { AttestationCounts, OutcomeCounts } from '../../appraisals/attestation-report.ts'
import type { AttestationReport } from './appraisal-messages.ts'

/** The report as the admin API tells it: of each list the `top` names, most lost first. */
export function presentReport(
  report: AttestationCounts,
  { appId, top }: { appId: string | null; top: number },
): AttestationReport {
  const checks = [...report.checks.values()].toSorted((a, b) => lost(b.counts) - lost(a.counts))
  const named = (names: Map<string, OutcomeCounts>) =>
    [...names]
      .toSorted(([, a], [, b]) => lost(b) - lost(a) || all(b) - all(a))
      .slice(0, top)
      .map(([name, counts]) => ({ name: name === '' ? null : name, ...told(counts) }))
  return {
    appId,
    since: new Date(report.since).toISOString(),
    until: new Date(report.until).toISOString(),
    totals: told(report.totals),
    byCheck: checks.slice(0, top).map(({ check, counts }) => ({
      ...check,
      wouldBeRefused: counts.shadowed,
      refused: counts.refused,
    })),
    byModel: named(report.models),
    byOsVersion: named(report.osVersions),
    byAppVersion: named(report.appVersions),
    isTruncated: report.isTruncated,
  }
}

function told(counts: OutcomeCounts) {
  const { accepted, shadowed, refused } = counts
  return { appraised: all(counts), accepted, wouldBeRefused: shadowed, refused }
}

function lost({ shadowed, refused }: OutcomeCounts): number {
  return shadowed + refused
}

function all({ accepted, ...others }: OutcomeCounts): number {
  return accepted + lost({ accepted, ...others })
}
