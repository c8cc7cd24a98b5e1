import { htmlReport } from './html/html-report.ts'
import { jsonReport } from './json-report.ts'
import { junitReport } from './junit-report.ts'
import type { Report } from './report.ts'
import { sarifReport } from './sarif/sarif-report.ts'
import { type Paint, textReport } from './text-report.ts'

type Render = (reports: readonly Report[], paint?: Paint) => string

/** Every format that reports are written in; each ends with a line break. */
export const reportFormats = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  html: htmlReport,
  junit: junitReport,
} as const satisfies Record<string, Render>

export type ReportFormat = keyof typeof reportFormats
export const reportFormatNames = Object.keys(reportFormats) as ReportFormat[]

/**
 * Reports as one text, with a line end behind it.
 *
 * @param paint colours of a terminal; formats that are no text ignore it
 */
export function renderReports(
  format: ReportFormat,
  reports: readonly Report[],
  paint?: Paint,
): string {
  const render: Render = reportFormats[format]
  return render(reports, paint)
}
