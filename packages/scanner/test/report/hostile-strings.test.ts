import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readOlderReport } from '../../src/report/accept/older-report.ts'
import { renderReports, type ReportFormat } from '../../src/report/report-formats.ts'
import type { Report } from '../../src/report/report.ts'
import { sampleReport } from './sample.ts'

/** What packages would like to have in reports, in pieces. */
const piece = fc.constantFrom(
  '<', '>', '&', '"', "'", ']]>', '<!--', '</script>', '\u0000', '\u001b[2J', '\u009b', '\u202e', '\u2066', '\u2028',
  '\r', '\n', '::error::', '##vso[', '../', './', '/', '//', 'http:', '%2e%2e', '\\', '`', '[a](b)', '\ud800', '\ufffe',
  '=cmd', 'a',
) // biome-ignore format: a list
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
)

/** The sample, with a text in every place that a package fills. */
function reportOf(text: string): Report {
  const report = sampleReport()
  return {
    ...report,
    app: { ...report.app, id: text, version: text, versionCode: text, minSdk: text },
    notChecked: [{ path: text, why: text }],
    findings: report.findings.map((finding) => ({
      ...finding,
      title: text,
      detail: text,
      identity: text,
      locations: [{ path: text, offset: 1, within: text }],
      facts: { [text]: text, list: [text] },
      reproduce: [text],
    })),
  }
}

function always(format: ReportFormat, holds: (rendered: string, text: string) => void): void {
  fc.assert(
    fc.property(hostile, (text) => holds(renderReports(format, [reportOf(text)]), text)),
    { numRuns: 300 },
  )
}

/** What stands in no report, line breaks of our own aside. */
const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

test('a text report has the lines that it would have anyway, and drives nothing', () => {
  always('text', (rendered) => {
    assert.doesNotMatch(rendered.replaceAll('\n', ''), obeyed)
    assert.doesNotMatch(rendered, /^\s*::|##/m)
    assert.equal(rendered.match(/^(?:CRITICAL|HIGH|MEDIUM|LOW|INFO) /gm)?.length, 5)
  })
})

test('a report in JSON has the texts as they are, and is read again', () => {
  always('json', (rendered, text) => {
    const { findings } = JSON.parse(rendered) as { findings: { title: string }[] }
    assert.equal(findings[0]?.title.toWellFormed(), text.toWellFormed())
    assert.equal(readOlderReport(rendered)?.findings.length, 5)
    assert.doesNotMatch(rendered.replaceAll('\n', ''), obeyed)
  })
})

test('places in SARIF stay within the package', () => {
  always('sarif', (rendered) => {
    for (const [, uri = ''] of rendered.matchAll(/"uri": "([^"]*)"/g)) {
      const { href } = new URL(uri, 'file:///repository/')
      assert.match(href, /^file:\/\/\/repository\/app-release\.apk(?:$|!\/)/)
    }
  })
})

test('a page has the elements that it would have anyway', () => {
  const elements = (page: string) =>
    [...page.matchAll(/<(\/?[a-z][a-z0-9]*)/g)].map(([, name]) => name).join(' ')
  const plain = elements(renderReports('html', [reportOf('a')]))
  always('html', (rendered) => {
    assert.equal(elements(rendered), plain)
    assert.doesNotMatch(rendered.replaceAll('\n', ''), obeyed)
  })
})

test('JUnit has the elements that it would have anyway, and no character that XML has not', () => {
  const elements = (xml: string) =>
    [...xml.matchAll(/<([/?!]?[a-z[\]-]*)/gi)].map(([, name]) => name).join(' ')
  const plain = elements(renderReports('junit', [reportOf('a')]))
  always('junit', (rendered) => {
    assert.equal(elements(rendered), plain)
    assert.doesNotMatch(rendered, /[^\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
  })
})
