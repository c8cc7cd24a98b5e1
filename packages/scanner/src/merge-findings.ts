import { createHash } from 'node:crypto'
import { confidences, type Finding, type Location, type Severity, severities } from './finding.ts'
import { rules } from './rules.ts'

export type ReportedFinding = Finding & {
  readonly severity: Severity
  readonly fix: string
  /** Hex, 32 digits: the same in every build that has it. */
  readonly fingerprint: string
}

/** A hostile package can repeat one secret in each of its entries. */
const maxLocations = 1_000

/**
 * One finding for each fingerprint: what was reported in several places has several locations, and the words of the
 * worst and surest report.
 */
export function mergeFindings(findings: Iterable<Finding>): ReportedFinding[] {
  const byFingerprint = new Map<string, { finding: ReportedFinding; locations: Location[] }>()
  for (const finding of findings) {
    const reported = reportedFinding(finding)
    const known = byFingerprint.get(reported.fingerprint)
    if (known === undefined) {
      const locations = distinct(reported.locations)
      byFingerprint.set(reported.fingerprint, { finding: reported, locations })
      continue
    }
    if (compareWeight(reported, known.finding) < 0) known.finding = reported
    if (known.locations.length < maxLocations) {
      known.locations = distinct([...known.locations, ...reported.locations])
    }
  }
  return [...byFingerprint.values()].map(({ finding, locations }) => ({ ...finding, locations }))
}

function reportedFinding(finding: Finding): ReportedFinding {
  const { severity, fix } = rules[finding.rule]
  const fingerprint = createHash('sha256')
    .update(`${finding.rule}\0${finding.identity}`)
    .digest('hex')
    .slice(0, 32)
  return { severity, fix, ...finding, fingerprint }
}

/** Worst first, and of those the surest. Negative where the first is. */
export function compareWeight(
  one: Pick<ReportedFinding, 'severity' | 'confidence'>,
  other: Pick<ReportedFinding, 'severity' | 'confidence'>,
): number {
  return (
    severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
    confidences.indexOf(one.confidence) - confidences.indexOf(other.confidence)
  )
}

function distinct(locations: readonly Location[]): Location[] {
  const byPlace = new Map(
    locations.map((location) => [
      `${location.path}\0${location.offset ?? ''}\0${location.within ?? ''}`,
      location,
    ]),
  )
  return [...byPlace.values()].slice(0, maxLocations)
}
