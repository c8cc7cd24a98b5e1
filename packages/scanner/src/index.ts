export type { AppPackage, PackageFormat } from './app-package.ts'
export {
  type Confidence,
  type Finding,
  type Location,
  type NotChecked,
  severities,
  type Severity,
} from './finding.ts'
export { type EmbeddedCertificate, embeddedCertificates } from './keys/embedded-certificates.ts'
export { defaultLimits, type ScanLimits } from './limits.ts'
export type { PinSet, PinSource } from './pin-set.ts'
export type { ReportedFinding } from './merge-findings.ts'
export type { Rule } from './rule.ts'
export { type RuleId, rules } from './rules.ts'
export { scan, type ScanResult } from './scan.ts'
export type { GatedRoute, ScanSettings } from './scan-settings.ts'
export { type OlderReport, readOlderReport } from './report/accept/older-report.ts'
export type { Suppression } from './report/accept/suppression.ts'
export {
  type MadeReports,
  makeReports,
  type ReportSettings,
  type ScannedFile,
} from './report/make-reports.ts'
export { countWords, verdictOf } from './report/words.ts'
export { failing, type GoneFinding, type IssuedCertificate, type Report } from './report/report.ts'
export { ruleReference } from './report/rule-reference.ts'
export { renderReports, type ReportFormat, reportFormatNames } from './report/report-formats.ts'
