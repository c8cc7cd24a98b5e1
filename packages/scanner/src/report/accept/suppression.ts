import path from 'node:path'
import type { ReportedFinding } from '../../merge-findings.ts'

/** Somebody answers for a finding, until a day. */
export type Suppression = {
  /** Either the fingerprint of one finding … */
  readonly fingerprint?: string
  /** … or a rule, narrowed by globs: of every place it was found at, and of what it is about. */
  readonly rule?: string
  readonly path?: string
  readonly identity?: string
  readonly reason: string
  readonly owner: string
  /** The last day that it holds, `2027-03-31`, UTC. */
  readonly expires: string
}

/** Whether it is about this finding, expired or not. */
export function isAbout(suppression: Suppression, finding: ReportedFinding): boolean {
  const { fingerprint, rule, path: paths, identity } = suppression
  if (fingerprint !== undefined) return fingerprint === finding.fingerprint
  return (
    rule === finding.rule &&
    (paths === undefined || isEverywhere(finding, paths)) &&
    (identity === undefined || path.posix.matchesGlob(finding.identity, identity))
  )
}

/** @param now milliseconds since 1970 */
export function isExpired({ expires }: Suppression, now: number): boolean {
  return now >= Date.parse(`${expires}T00:00:00Z`) + 86_400_000
}

/** A finding that lies at one more place than was answered for is not suppressed. */
function isEverywhere({ locations }: ReportedFinding, glob: string): boolean {
  return locations.length > 0 && locations.every(({ path: at }) => path.posix.matchesGlob(at, glob))
}
