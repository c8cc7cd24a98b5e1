import { markdownTable, members } from '../report/report-text.ts'
import { type AttestationReport, isWithinLimit } from './attestation-report.ts'

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
  const rows = attestations.map((attestation) => [
    `${attestation.name} (${attestation.about}, ${attestation.signatures} signatures)`,
    attestation.verificationsPerSecond.toFixed(0),
    attestation.microseconds.toFixed(0),
    attestation.bareMicroseconds.toFixed(0),
    attestation.ratio.toFixed(2),
    attestation.limit?.toFixed(2) ?? '–',
  ])
  const limits = attestations
    .filter(({ limit }) => limit !== null)
    .map((attestation) => {
      const { name, limit, ratio } = attestation
      const verdict = isWithinLimit(attestation) ? 'met' : 'NOT met'
      return `${verdict}: ${name}: at most ${limit} ×, found ${ratio.toFixed(2)} ×`
    })
  return [
    markdownTable([header, ...rows]),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    `${limits.join('\n')}\n`,
  ].join('\n\n')
}
