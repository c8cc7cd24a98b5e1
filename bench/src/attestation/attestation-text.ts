import { markdownTable, members } from '../report/report-text.ts'
import type { AttestationReport } from './attestation-report.ts'

/** The report as a person reads it: a Markdown table, and the limits. */
export function attestationText({ machine, settings, attestations }: AttestationReport): string {
  const header = [
    '',
    'verifications/s per core',
    'CPU, µs',
    'its signatures alone, µs',
    'ratio',
    'limit',
  ]
  const rows = attestations.map(({ name, about, verificationsPerSecond, microseconds, bare }) => [
    `${name} (${about})`,
    verificationsPerSecond.toFixed(0),
    microseconds.toFixed(0),
    ...(bare === null
      ? ['–', '–', '–']
      : [
          `${bare.microseconds.toFixed(0)} (${bare.signatures})`,
          `${bare.ratio.toFixed(2)} ×`,
          `${bare.limit.toFixed(2)} ×`,
        ]),
  ])
  const limits = attestations.flatMap(({ name, bare }) =>
    bare === null
      ? []
      : `${bare.isMet ? 'met' : 'NOT met'}: ${name}: at most ${bare.limit.toFixed(2)} ×, found ${bare.ratio.toFixed(2)} ×`,
  )
  return [
    markdownTable([header, ...rows]),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    `${limits.join('\n')}\n`,
  ].join('\n\n')
}
