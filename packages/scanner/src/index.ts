export type { AppPackage, PackageFormat } from './app-package.ts'
export {
  type Confidence,
  type Finding,
  type Location,
  type NotChecked,
  severities,
  type Severity,
} from './finding.ts'
export { defaultLimits, type ScanLimits } from './limits.ts'
export type { Rule } from './rule.ts'
export { type RuleId, rules } from './rules.ts'
export { type ReportedFinding, scan, type ScanResult } from './scan.ts'
export type { GatedRoute, ScanSettings } from './scan-settings.ts'
