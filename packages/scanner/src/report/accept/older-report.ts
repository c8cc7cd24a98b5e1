import { severities, type Severity } from '../../finding.ts'
import type { GoneFinding } from '../report.ts'
import { reportSchemaId } from '../json-report.ts'

export type OlderReport = {
  readonly findings: readonly GoneFinding[]
  /** Ids of the packages that it is of, as far as they are known. */
  readonly packageIds: readonly string[]
  /** Whether one of them could not be read: then it says little of what was not there. */
  readonly isPartial: boolean
}

/**
 * What an earlier `--format json` found, also what was known or suppressed then: for baselines and comparisons.
 *
 * @param text the whole file: a report, or an array of them
 * @returns undefined where it is no such report
 */
export function readOlderReport(text: string): OlderReport | undefined {
  const documents = parsed(text)
  const findings: GoneFinding[] = []
  const packageIds: string[] = []
  let isPartial = false
  for (const document of documents) {
    if (!isRecord(document) || document['schema'] !== reportSchemaId) return undefined
    const about = document['package']
    if (isRecord(about) && typeof about['id'] === 'string') packageIds.push(about['id'])
    const unread = document['unread']
    isPartial ||= Array.isArray(unread) && unread.length > 0
    for (const name of ['findings', 'known', 'suppressed']) {
      const list = document[name]
      if (!Array.isArray(list)) return undefined
      for (const one of list) {
        const finding = findingOf(one)
        if (finding === undefined) return undefined
        findings.push(finding)
      }
    }
  }
  return documents.length === 0 ? undefined : { findings, packageIds, isPartial }
}

function parsed(text: string): unknown[] {
  try {
    // PowerShell writes a byte order mark before what it redirects.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return Array.isArray(value) ? value : [value]
  } catch {
    return []
  }
}

function findingOf(value: unknown): GoneFinding | undefined {
  if (!isRecord(value)) return undefined
  const { rule, severity, title, fingerprint } = value
  const known = severities.find((one): one is Severity => one === severity)
  if (typeof rule !== 'string' || typeof title !== 'string' || known === undefined) return undefined
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint)) return undefined
  return { rule, severity: known, title, fingerprint }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
