import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOlderReport } from '../../src/report/accept/older-report.ts'
import type { Suppression } from '../../src/report/accept/suppression.ts'
import { jsonReport } from '../../src/report/json-report.ts'
import { makeReports } from '../../src/report/make-reports.ts'
import { failing } from '../../src/report/report.ts'
import { renderReports, reportFormatNames } from '../../src/report/report-formats.ts'
import { acceptedReport, sampleReport, sampleResult, sampleRules } from './sample.ts'

const answer = { reason: 'for a test', owner: 'tests', expires: '2026-11-22' }
const duringLastDay = Date.parse('2026-11-22T23:59:59Z')

function rulesLeft(suppression: Partial<Suppression>, now = duringLastDay): string[] {
  const report = sampleReport({ suppressions: [{ ...answer, ...suppression }], now })
  return report.findings.map(({ rule }) => rule)
}

test('findings are worst first', () => {
  assert.deepEqual(
    sampleReport().findings.map(({ severity }) => severity),
    ['critical', 'high', 'medium', 'low', 'info'],
  )
})

test('what is at or above the severity fails, and never fails nothing', () => {
  const failed = (failOn: 'critical' | 'high' | 'low' | 'never') =>
    failing(sampleReport({ failOn })).length
  assert.deepEqual(
    [failed('critical'), failed('high'), failed('low'), failed('never')],
    [1, 2, 4, 0],
  )
})

test('a suppression holds through its last day, and fails from then on', () => {
  const suppression = { fingerprint: '3'.repeat(32) }
  assert.ok(!rulesLeft(suppression).includes('pin-backup-missing'))
  const report = sampleReport({
    suppressions: [{ ...answer, ...suppression }],
    now: duringLastDay + 1_000,
  })
  const failed = failing(report).map(({ rule }) => rule)
  assert.deepEqual(failed, ['client-identity', 'cleartext-traffic', 'pin-backup-missing'])
})

test('a suppression by rule and path wants every place of the finding', () => {
  const rule = 'client-identity'
  assert.ok(rulesLeft({ rule, path: 'assets/**' }).includes(rule))
  assert.ok(!rulesLeft({ rule, path: '{assets,res}/**' }).includes(rule))
})

test('a suppression by rule and identity is about that alone', () => {
  const rule = 'cleartext-traffic'
  assert.ok(!rulesLeft({ rule, identity: '*.example.com' }).includes(rule))
  assert.ok(rulesLeft({ rule, identity: 'other.example.com' }).includes(rule))
  assert.ok(rulesLeft({ rule: 'pin-backup-missing', identity: '*.example.com' }).includes(rule))
})

test('suppressions that have run out, and those that nothing was found for, are told', () => {
  const old = { ...answer, fingerprint: '1'.repeat(32), expires: '2026-01-01' }
  const idle = { ...answer, fingerprint: 'f'.repeat(32) }
  const made = makeReports([{ file: 'a', result: sampleResult }], {
    failOn: 'high',
    asked: sampleRules,
    suppressions: [old, idle],
    now: duringLastDay,
  })
  assert.deepEqual(made.expiredSuppressions, [old])
  assert.deepEqual(made.unusedSuppressions, [idle])
})

test('what is in the baseline does not fail', () => {
  const report = sampleReport({ baseline: new Set(['1'.repeat(32), '2'.repeat(32)]) })
  assert.deepEqual(failing(report), [])
  assert.equal(report.known.length, 2)
})

test('a rule that is not asked finds nothing', () => {
  const { 'client-identity': _, ...asked } = sampleRules
  assert.ok(!sampleReport({ asked }).findings.some(({ rule }) => rule === 'client-identity'))
})

test('a comparison says what is new, gone and unchanged, whatever is accepted', () => {
  const { changes } = acceptedReport()
  assert.deepEqual(changes?.new, ['1'.repeat(32)])
  assert.deepEqual(
    changes?.unchanged,
    ['2', '3', '4', '5'].map((digit) => digit.repeat(32)),
  )
  assert.deepEqual(
    changes?.gone.map(({ rule }) => rule),
    ['debug-provisioning'],
  )
})

test('a report in JSON is read as the older build, with all that was found', () => {
  const fingerprints = (text: string) =>
    readOlderReport(text)
      ?.findings.map(({ fingerprint }) => fingerprint)
      .sort()
  const all = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(32))
  assert.deepEqual(fingerprints(jsonReport([acceptedReport()])), all)
  assert.deepEqual(fingerprints(jsonReport([sampleReport(), sampleReport()]))?.length, 10)
  assert.deepEqual(readOlderReport(jsonReport([sampleReport()]))?.packageIds, ['com.example.bank'])
  assert.deepEqual(fingerprints(`\uFEFF${jsonReport([acceptedReport()])}`), all)
})

test('what is no report is none', () => {
  const report = JSON.parse(jsonReport([sampleReport()])) as Record<string, unknown>
  const broken = [
    '',
    '[]',
    '{}',
    'null',
    JSON.stringify({ ...report, schema: 'urn:sallyport:scan-report:2' }),
    JSON.stringify({ ...report, findings: {} }),
    JSON.stringify({ ...report, findings: [{ rule: 'x' }] }),
    JSON.stringify({ ...report, known: [null] }),
    '['.repeat(200_000),
    `{"schema":"urn:sallyport:scan-report:1","findings":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    `{"__proto__":${JSON.stringify(report)}}`,
  ]
  for (const text of broken) assert.equal(readOlderReport(text), undefined, text)
})

test('tens of thousands of findings are written in time that grows with their number', () => {
  const [one] = sampleResult.findings
  assert.ok(one)
  const findings = Array.from({ length: 20_000 }, (_, index) => ({
    ...one,
    identity: String(index),
    fingerprint: index.toString(16).padStart(32, '0'),
  }))
  const older = { file: 'old.apk', findings: findings.slice(0, 10_000) }
  const settings = { failOn: 'low', asked: sampleRules, older, now: duringLastDay } as const
  const startedAt = performance.now()
  const { reports } = makeReports([{ file: 'a', result: { ...sampleResult, findings } }], settings)
  for (const format of reportFormatNames) {
    assert.ok(renderReports(format, reports).length > 1_000_000, format)
  }
  assert.ok(performance.now() - startedAt < 20_000)
})
