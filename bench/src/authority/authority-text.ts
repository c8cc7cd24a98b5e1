import { markdownTable, members } from '../report/report-text.ts'
import type { AuthorityReport } from './authority-report.ts'

/** The report as a person reads it: two Markdown tables, and the limits. */
export function authorityText({ machine, settings, works, revocations }: AuthorityReport): string {
  const header = ['', 'a second', 'CPU, µs', 'its cryptography alone, µs', 'ratio', 'limit']
  const rows = works.map((work) => [
    `${work.name} (${work.about})`,
    work.perSecond.toFixed(work.perSecond < 10 ? 1 : 0),
    work.microseconds.toFixed(0),
    work.bareMicroseconds.toFixed(0),
    `${work.ratio.toFixed(2)} ×`,
    work.limit === null ? '–' : `${work.limit.toFixed(2)} ×`,
  ])
  const costs = revocations.costs.map(({ revoked, microseconds }) => [
    revoked.toLocaleString('en'),
    microseconds.toFixed(0),
  ])
  const limits = [
    ...works.flatMap(({ name, limit, ratio, isMet }) =>
      limit === null ? [] : [verdict(isMet, name, limit, ratio)],
    ),
    verdict(
      revocations.isMet,
      'a revocation, the most beside the fewest',
      revocations.limit,
      revocations.ratio,
    ),
  ]
  return [
    markdownTable([header, ...rows]),
    markdownTable([['revoked before', 'CPU of one more, µs'], ...costs]),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    `${limits.join('\n')}\n`,
  ].join('\n\n')
}

function verdict(isMet: boolean, what: string, limit: number, found: number): string {
  return `${isMet ? 'met' : 'NOT met'}: ${what}: at most ${limit.toFixed(2)} ×, found ${found.toFixed(2)} ×`
}
