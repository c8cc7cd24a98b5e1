import type { AppPackage } from '../app-package.ts'
import { countedOnly } from '../ledger.ts'
import type { Location, NotChecked, Severity } from '../finding.ts'
import {
  countBySeverity,
  failing,
  type IssuedCertificate,
  type Report,
  type RuledFinding,
} from './report.ts'

/** `asked-nothing`: with `--fail-on never` no finding fails, and no report says that all is well. */
export type VerdictState = 'unread' | 'fails' | 'holds' | 'asked-nothing'

/** Whether a package fails, and why, in a few words. */
export function verdictOf(report: Report): {
  readonly state: VerdictState
  readonly words: string
} {
  const { findings, failOn, known, suppressed, unread } = report
  const failed = failing(report)
  const counts = countWords(findings)
  const [first] = unread
  if (first !== undefined) {
    const rest = unread.length === 1 ? '' : ` (and ${unread.length - 1} more)`
    const found = findings.length === 0 ? '' : `; found in what was read: ${counts}`
    return { state: 'unread', words: `${first.path}${rest}: ${first.why}${found}` }
  }
  if (failed.length > 0) return { state: 'fails', words: counts }
  if (findings.length === 0) {
    const accepted = known.length + suppressed.length
    const words =
      accepted === 0
        ? 'nothing found by the rules asked'
        : `nothing found beyond what was accepted (${accepted})`
    return { state: 'holds', words }
  }
  return failOn === 'never'
    ? { state: 'asked-nothing', words: `${counts}; nothing was to fail (--fail-on never)` }
    : { state: 'holds', words: `nothing at or above ${failOn}: ${counts}` }
}

/** `1 critical, 2 high`. */
export function countWords(findings: readonly { severity: Severity }[]): string {
  return countBySeverity(findings)
    .map(([severity, count]) => `${count} ${severity}`)
    .join(', ')
}

/** What is known of the package, in the order in which people ask. */
export function packageFacts(app: AppPackage): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['id', app.id],
    ['version', app.versionCode ? `${app.version ?? '–'} (${app.versionCode})` : app.version],
    ['format', `${formatNames[app.format] ?? app.format}${platformWords[app.platform]}`],
    ['minSdk', app.minSdk],
    ['targetSdk', app.targetSdk],
    ['size', sizeWords(app.bytes)],
    ['SHA-256', app.sha256],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
}

const formatNames: Partial<Record<AppPackage['format'], string>> = {
  apk: 'APK',
  aab: 'app bundle',
  apks: 'APKS',
  xapk: 'XAPK',
  apkm: 'APKM',
  ipa: 'IPA',
  aar: 'AAR',
  jar: 'JAR',
}

const platformWords: Readonly<Record<AppPackage['platform'], string>> = {
  android: ', Android',
  ios: ', iOS',
  unknown: '',
}

/** `1.4 MB`, by powers of ten. */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** A place in a line: entry, byte, and what the format calls it. */
export function placeWords({ path, offset, within }: Location): string {
  const at = offset === undefined || offset === 0 ? path : `${path} at byte ${offset}`
  return within === undefined ? at : `${at}: ${within}`
}

export type NotCheckedGroup = {
  readonly why: string
  readonly paths: readonly string[]
  /** With those that the ledger only counts. */
  readonly count: number
}

/** What was not looked into, gathered by why, the most frequent first. */
export function gathered(notChecked: readonly NotChecked[]): NotCheckedGroup[] {
  const byWhy = Map.groupBy(notChecked, ({ why }) => why)
  return [...byWhy]
    .map(([why, lines]) => {
      const counted = lines.flatMap(({ path }) => countedOnly(path) ?? [])
      const paths = lines.map(({ path }) => path).filter((path) => !countedOnly(path))
      return { why, paths, count: counted.reduce((sum, more) => sum + more, paths.length) }
    })
    .sort((one, other) => other.count - one.count)
}

/** A certificate of the package that is the authority's own: whose it is, and what to do. */
export function issuedWords({
  subject,
  deviceId,
  status,
  hasKey,
  revoke,
}: IssuedCertificate): string {
  const what = `${subject} is of device ${deviceId}, ${status}`
  const key = hasKey ? ', and its key is in the package' : ''
  return `${what}${key}.${revoke === undefined ? '' : ` End it: ${revoke}`}`
}

/** Lines that show a finding again, with the file in them that was scanned, for a shell. */
export function reproduceLines({ reproduce = [] }: RuledFinding, { file }: Report): string[] {
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`
  return reproduce.map((line) => line.replace(/(?<= )PACKAGE(?= )/, () => quoted))
}

/** What stands beside a finding: new since the older build, or a suppression that has run out. */
export function noteOf(finding: RuledFinding, { changes }: Report): string | undefined {
  const { expired, isNew = false } = finding
  if (expired !== undefined) {
    return `Its suppression ran out after ${expired.expires}; ${expired.owner} answered for it: “${expired.reason}”`
  }
  return isNew && changes !== undefined ? `New since ${changes.against}` : undefined
}
