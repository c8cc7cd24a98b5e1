import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masvsControls, masvsCoverage } from '../../src/report/masvs.ts'
import { renderReports, reportFormatNames } from '../../src/report/report-formats.ts'
import type { Report } from '../../src/report/report.ts'
import { acceptedReport, sampleReport } from './sample.ts'

function stateOf(control: string, report: Report = sampleReport()): string | undefined {
  return masvsCoverage(report).find((one) => one.control === control)?.state
}

test('every control is told of, whether something was found, nothing was, or nobody looked', () => {
  const controls = masvsCoverage(sampleReport()).map(({ control }) => control)
  assert.deepEqual(controls, Object.keys(masvsControls))
  assert.equal(stateOf('MASVS-STORAGE-1'), 'findings')
  assert.equal(stateOf('MASVS-CRYPTO-1'), 'nothing-found')
  assert.equal(stateOf('MASVS-PRIVACY-1'), 'not-covered')
})

test('a rule that was not asked, or is about another platform, covers nothing', () => {
  const { 'weak-tls-version': _, ...asked } = sampleReport().asked
  assert.equal(stateOf('MASVS-CRYPTO-1', sampleReport({ asked })), 'not-covered')
  assert.equal(stateOf('MASVS-RESILIENCE-4'), 'not-covered')
  const report = sampleReport()
  const ios = { ...report, app: { ...report.app, platform: 'ios' as const } }
  assert.equal(stateOf('MASVS-RESILIENCE-4', ios), 'nothing-found')
})

test('what is accepted was found all the same', () => {
  assert.equal(stateOf('MASVS-NETWORK-1', acceptedReport()), 'findings')
})

test('no report says of a control that it is met', () => {
  for (const format of reportFormatNames) {
    const text = renderReports(format, [sampleReport(), acceptedReport()])
    assert.doesNotMatch(text, /\b(?:passed|compliant|satisfied|fulfilled)\b/i, format)
  }
})
