import { test } from 'node:test'
import { reportFormatNames, renderReports } from '../../src/report/report-formats.ts'
import { assertGolden } from '../golden.ts'
import { acceptedReport, sampleReport } from './sample.ts'

const extensions = {
  text: 'txt',
  json: 'json',
  sarif: 'sarif',
  html: 'html',
  junit: 'xml',
} as const

for (const format of reportFormatNames) {
  test(`a report as ${format}`, () => {
    assertGolden(`scan-report.${extensions[format]}`, renderReports(format, [sampleReport()]))
  })

  test(`a report as ${format} that says what is accepted and what changed`, () => {
    const name = `scan-report-accepted.${extensions[format]}`
    assertGolden(name, renderReports(format, [acceptedReport()]))
  })
}
