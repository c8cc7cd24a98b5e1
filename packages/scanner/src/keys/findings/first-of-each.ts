import type { Finding } from '../../finding.ts'

/** As many as somebody reads, of one rule and severity: what is worse is not hidden by what is not. */
const mostOfEach = 100

/**
 * The first findings of each rule and severity. A package with ten thousand keys says the same ten thousand times.
 *
 * @param told of what was left out, once for each rule
 */
export function* firstOfEach(
  findings: Iterable<Finding>,
  told: (why: string) => void,
): Generator<Finding> {
  const counts = new Map<string, number>()
  const left = new Map<string, number>()
  for (const finding of findings) {
    const kind = `${finding.rule} ${finding.severity ?? ''}`
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= mostOfEach) yield finding
    else left.set(finding.rule, (left.get(finding.rule) ?? 0) + 1)
  }
  for (const [rule, count] of left) {
    told(`more than ${mostOfEach} findings of ${rule}: ${count} others are not listed`)
  }
}
