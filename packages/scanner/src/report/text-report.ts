import type { Severity } from '../finding.ts'
import { testsOf } from './json-report.ts'
import { masvsCoverage } from './masvs.ts'
import { masweVersion } from './maswe.ts'
import type { Report, RuledFinding } from './report.ts'
import { visibleInLogs as visible } from './visible.ts'
import {
  gathered,
  issuedWords,
  noteOf,
  packageFacts,
  placeWords,
  reproduceLines,
  type VerdictState,
  verdictOf,
} from './words.ts'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'
export type Paint = (style: Style, text: string) => string

const plain: Paint = (_, text) => text
const columns = 100
const fewPlaces = 4

const verdicts: Readonly<Record<VerdictState, readonly [Style, string]>> = {
  unread: ['red', 'could not be read: '],
  fails: ['red', 'fails: '],
  holds: ['green', ''],
  'asked-nothing': ['bold', ''],
}

const colours: Readonly<Record<Severity, Style>> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
}

/** For a terminal: the verdict, findings worst first with what to do, and what was not looked into. */
export function textReport(reports: readonly Report[], paint: Paint = plain): string {
  return `${reports.map((report) => packageText(report, paint)).join('\n\n\n')}\n`
}

function packageText(report: Report, paint: Paint): string {
  const { state, words } = verdictOf(report)
  const [colour, verdict] = verdicts[state]
  const facts = packageFacts(report.app).map(([name, value]) => `${name} ${visible(value)}`)
  const parts = [
    [
      paint('bold', visible(report.file)) + paint(colour, ` ${verdict}${visible(words)}`),
      paint('dim', wrapped(facts.join(' · '), '  ')),
    ].join('\n'),
    ...report.findings.map((finding) => findingText(finding, report, paint)),
    issuedText(report, paint),
    acceptedText(report, paint),
    changesText(report, paint),
    notCheckedText(report, paint),
    coverageText(report, paint),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function findingText(finding: RuledFinding, report: Report, paint: Paint): string {
  const { severity, title, rule, confidence, detail, fix, locations } = finding
  const note = noteOf(finding, report)
  const places = locations.slice(0, fewPlaces).map((place) => visible(placeWords(place)))
  if (locations.length > fewPlaces) places.push(`and ${locations.length - fewPlaces} more`)
  const lines: [string, readonly string[]][] = [
    ['where', places],
    ['why', [detail]],
    ['fix', [fix]],
    ['again', reproduceLines(finding, report).map((line) => `$ ${line}`)],
    ['note', note === undefined ? [] : [note]],
    ['rule', [`${rule}, ${confidence}, ${classes(finding, report)}`]],
    ['id', [finding.fingerprint]],
  ]
  return [
    `${paint(colours[severity], severity.toUpperCase().padEnd(8))} ${paint('bold', visible(title))}`,
    ...lines.flatMap(([name, texts]) => labelled(name, texts, paint)),
  ].join('\n')
}

/** By what others call it: MASVS, MASWE, MASTG, CWE, Top 10. */
function classes(finding: RuledFinding, { app }: Report): string {
  const { masvs, maswe, cwe, top10 } = finding.about
  return [
    ...masvs,
    ...maswe.map(({ id }) => `${id} of MASWE ${masweVersion}`),
    ...testsOf(finding, app.platform),
    ...cwe.map((number) => `CWE-${number}`),
    ...top10,
  ].join(', ')
}

function labelled(name: string, texts: readonly string[], paint: Paint): string[] {
  const indent = ' '.repeat(16)
  return texts.map((text, index) => {
    const label = index === 0 ? name : ''
    // Commands are copied whole, and identifiers are searched for.
    const isWhole = name === 'again' || name === 'where'
    const body = isWhole ? visible(text) : wrapped(visible(text), indent).trimStart()
    return `         ${paint('dim', label.padEnd(6))} ${body}`
  })
}

function issuedText({ issued }: Report, paint: Paint): string {
  if (issued === undefined) return ''
  const lines = issued.map((one) => `  ${visible(issuedWords(one))}`)
  return [
    paint('bold', 'Of your authority'),
    ...(lines.length === 0 ? ['  none of the certificates in the package'] : lines),
  ].join('\n')
}

function acceptedText({ known, suppressed }: Report, paint: Paint): string {
  const lines = [
    ...suppressed.map(({ finding, by }) =>
      visible(
        `  ${finding.severity} ${finding.rule}: ${finding.title}, until ${by.expires}, ${by.owner}: ${by.reason}`,
      ),
    ),
    ...(known.length === 0 ? [] : [`  ${known.length} in the baseline`]),
  ]
  return lines.length === 0 ? '' : [paint('bold', 'Accepted'), ...lines].join('\n')
}

function changesText({ changes }: Report, paint: Paint): string {
  if (changes === undefined) return ''
  return [
    paint('bold', `Since ${visible(changes.against)}`),
    `  ${changes.new.length} new, ${changes.gone.length} gone, ${changes.unchanged.length} unchanged`,
    ...changes.gone.map(({ severity, rule, title }) =>
      visible(`  gone: ${severity} ${rule}: ${title}`),
    ),
  ].join('\n')
}

function notCheckedText({ notChecked }: Report, paint: Paint): string {
  if (notChecked.length === 0) return ''
  const groups = gathered(notChecked)
  const lines = groups.slice(0, 10).map(({ why, paths: [first = ''], count }) => {
    const rest = count === 1 ? '' : ` and ${count - 1} more`
    return wrapped(visible(`${first}${rest}: ${why}`), '  ')
  })
  const left = groups.length - 10
  return [
    paint('bold', `Not checked (${groups.reduce((sum, { count }) => sum + count, 0)})`),
    ...lines,
    ...(left > 0 ? [`  and for ${left} other reasons: --format json has them all`] : []),
  ].join('\n')
}

function coverageText(report: Report, paint: Paint): string {
  const coverage = masvsCoverage(report)
  const of = (state: (typeof coverage)[number]['state']) =>
    coverage.filter((control) => control.state === state)
  const short = ({ control }: { control: string }) => control.replace('MASVS-', '')
  const found = of('findings').map((control) => `${short(control)} (${control.findings})`)
  const lines: [string, string[]][] = [
    ['findings', found],
    ['nothing found', of('nothing-found').map(short)],
    ['not covered', of('not-covered').map(short)],
  ]
  return [
    paint('bold', 'By control of MASVS 2.1, the OWASP standard for mobile apps'),
    paint('dim', '  Nothing found is no proof that a control is met.'),
    ...lines
      .filter(([, controls]) => controls.length > 0)
      .map(([name, controls]) => {
        const indent = ' '.repeat(17)
        return `  ${paint('dim', name.padEnd(14))} ${wrapped(controls.join(', '), indent).trimStart()}`
      }),
  ].join('\n')
}

/** Lines of at most 100 characters where there are spaces to break at. */
function wrapped(text: string, indent: string): string {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line !== indent && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = indent
    }
    line += line === indent ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}
