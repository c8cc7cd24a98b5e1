import { jsonReport } from './json-report.ts'
import type { Report } from './report.ts'
import { type Paint, textReport } from './text-report.ts'

type Render = (reports: readonly Report[], paint?: Paint) => string

/** Every format that reports are written in; each ends with a line break. */
export const reportFormats = {
  text: textReport,
  json: (reports) => jsonReport(reports),
} as const satisfies Record<string, Render>

export type ReportFormat = keyof typeof reportFormats
export const reportFormatNames = Object.keys(reportFormats) as ReportFormat[]

export function renderReports(
  format: ReportFormat,
  reports: readonly Report[],
  paint?: Paint,
): string {
  const render: Render = reportFormats[format]
  return render(reports, paint)
}
