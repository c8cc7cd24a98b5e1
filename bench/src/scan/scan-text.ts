import { markdownTable, members } from '../report/report-text.ts'
import type { ReportedPackage, ScanReport } from './scan-report.ts'

/** The report as a person reads it: a table for each package, and the limits. */
export function scanText({ machine, settings, packages }: ScanReport): string {
  return [
    ...packages.map(packageTable),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    `${packages.flatMap(limitLines).join('\n')}\n`,
  ].join('\n\n')
}

function packageTable({ name, megabytes, costs }: ReportedPackage): string {
  const header = [
    `${name}, ${megabytes.toFixed(0)} MB`,
    'seconds',
    'CPU, s',
    'beside inflation',
    'peak memory, MB',
  ]
  const rows = costs.map((cost) => [
    `${cost.name} (${cost.about})`,
    cost.seconds.toFixed(2),
    cost.cpuSeconds.toFixed(2),
    `${cost.ratio.toFixed(2)} ×`,
    cost.peakMegabytes.toFixed(0),
  ])
  return markdownTable([header, ...rows])
}

function limitLines({ name, limits }: ReportedPackage): string[] {
  return limits.map(
    ({ what, limit, found, isMet }) =>
      `${isMet ? 'met' : 'NOT met'}: ${name}, ${what}: at most ${limit}, found ${found}`,
  )
}
