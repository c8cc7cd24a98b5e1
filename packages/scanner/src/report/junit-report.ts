import type { Report, RuledFinding } from './report.ts'
import { failing } from './report.ts'
import { markup } from './visible.ts'
import { gathered, packageFacts, placeWords, verdictOf } from './words.ts'

/**
 * JUnit's XML, as build servers read it: a suite for each package, a case for each rule that was asked. A case fails
 * with the findings that fail the scan; that it does not says that nothing was found, not that nothing is there.
 */
export function junitReport(reports: readonly Report[]): string {
  const suites = reports.map(suite)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sallyport scan"${attributes(total(suites))}>`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n')
}

type Counts = { tests: number; errors: number; failures: number; skipped: number; seconds: number }
type Suite = { readonly xml: string; readonly counts: Counts }

function suite(report: Report): Suite {
  const failed = new Set(failing(report))
  const cases = [
    ...unreadCase(report),
    ...Object.keys(report.asked).map((rule) => testCase(rule, report, failed)),
  ]
  const counts = {
    tests: cases.length,
    errors: cases.filter(({ state }) => state === 'error').length,
    failures: cases.filter(({ state }) => state === 'failed').length,
    skipped: cases.filter(({ state }) => state === 'skipped').length,
    seconds: report.durationMs / 1_000,
  }
  const facts = packageFacts(report.app).map(
    ([name, value]) => `      <property name="${markup(name)}" value="${markup(value)}"/>`,
  )
  const notChecked = gathered(report.notChecked).map(
    ({ why, paths: [first = ''], count }) =>
      `${markup(first)}${count > 1 ? ` and ${count - 1} more` : ''}: ${markup(why)}`,
  )
  const xml = [
    `  <testsuite name="${markup(report.file)}"${attributes(counts)}>`,
    '    <properties>',
    ...facts,
    '    </properties>',
    ...cases.map((one) => one.xml),
    `    <system-out>${[markup(verdictOf(report).words), ...notChecked.map((line) => `Not checked: ${line}`)].join('\n')}</system-out>`,
    '  </testsuite>',
  ].join('\n')
  return { xml, counts }
}

type Case = { readonly xml: string; readonly state: 'passed' | 'failed' | 'skipped' | 'error' }

/** No rule: whether there was anything to ask them of. Only there where there was not. */
function unreadCase({ unread }: Report): Case[] {
  if (unread.length === 0) return []
  const lines = unread.map(({ path, why }) => `${markup(path)}: ${markup(why)}`)
  const xml = `    <testcase classname="sallyport.scan" name="package-read">
      <error message="The package could not be read">${lines.join('\n')}</error>
    </testcase>`
  return [{ xml, state: 'error' }]
}

function testCase(rule: string, report: Report, failed: ReadonlySet<RuledFinding>): Case {
  const isOf = (finding: RuledFinding) => finding.rule === rule
  const found = report.findings.filter(isOf)
  const worst = found.filter((finding) => failed.has(finding))
  const lesser = found.filter((finding) => !failed.has(finding))
  const accepted = [
    ...report.suppressed
      .filter(({ finding }) => isOf(finding))
      .map(
        ({ finding, by }) => `${finding.title} (until ${by.expires}, ${by.owner}: ${by.reason})`,
      ),
    ...report.known.filter(isOf).map(({ title }) => `${title} (in the baseline)`),
  ]
  const state =
    worst.length > 0 ? 'failed' : found.length === 0 && accepted.length > 0 ? 'skipped' : 'passed'
  const open = `    <testcase classname="sallyport.scan" name="${markup(rule)}"`
  const parts = [
    ...worst.map(
      (finding) =>
        `      <failure type="${finding.severity}" message="${markup(finding.title)}">${markup(finding.detail)}\n${body(finding)}</failure>`,
    ),
    ...(state === 'skipped'
      ? [`      <skipped message="${markup(accepted.join('; '))}"/>`]
      : accepted.map((line) => `      <system-out>Accepted: ${markup(line)}</system-out>`)),
    ...lesser.map(
      (finding) =>
        `      <system-out>${finding.severity}: ${markup(finding.title)}\n${body(finding)}</system-out>`,
    ),
  ]
  const xml =
    parts.length === 0 ? `${open}/>` : [`${open}>`, ...parts, '    </testcase>'].join('\n')
  return { xml, state }
}

function body({ locations, fix, fingerprint }: RuledFinding): string {
  const places = locations.slice(0, 10).map((place) => `at ${markup(placeWords(place))}`)
  const more = locations.length > 10 ? [`and at ${locations.length - 10} more places`] : []
  return [...places, ...more, `Fix: ${markup(fix)}`, `Fingerprint: ${fingerprint}`].join('\n')
}

function attributes({ tests, errors, failures, skipped, seconds }: Counts): string {
  return ` tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds.toFixed(3)}"`
}

function total(suites: readonly Suite[]): Counts {
  const sum = (of: (counts: Counts) => number) =>
    suites.reduce((total, { counts }) => total + of(counts), 0)
  return {
    tests: sum(({ tests }) => tests),
    errors: sum(({ errors }) => errors),
    failures: sum(({ failures }) => failures),
    skipped: sum(({ skipped }) => skipped),
    seconds: sum(({ seconds }) => seconds),
  }
}
