import { type Figure, type FigureName, figureNames, figures } from './figures.ts'
import {
  checkLimits,
  checkPairs,
  type PairLimit,
  type Report,
  type ReportedGateway,
} from './report.ts'

type PairCheck = ReturnType<typeof checkPairs>[number]

/** The report as a person reads it: a Markdown table, what is missing, and the limits. */
export function reportText(
  report: Report,
  subject: string,
  pairs: readonly PairLimit[] = [],
): string {
  const { gateways, base, missing, machine, settings } = report
  const header = ['', ...gateways.map(({ name, version }) => `${name} ${version}`)]
  const rows = figureNames.map((figure) => [
    `${figures[figure].title}, ${figures[figure].unit}`,
    ...gateways.map((gateway) => cell(gateway, figure, base)),
  ])
  const blocks = [
    markdownTable([header, ...rows]),
    missing.map(({ name, install }) => `Not installed: ${name} (${install}).`).join('\n'),
    `Machine: ${members(machine)}.\nSettings: ${members(settings)}.`,
    gateways
      .filter(({ name }) => name === subject)
      .map(limitLines)
      .concat(checkPairs(gateways, pairs).map(pairLine))
      .join('\n'),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function cell(gateway: ReportedGateway, figure: FigureName, base: string): string {
  const { value, ratio } = gateway.figures[figure]
  const { digits }: Figure = figures[figure]
  const text = value.toFixed(digits)
  return ratio === undefined || gateway.name === base ? text : `${text} (${ratio.toFixed(2)} ×)`
}

function limitLines(gateway: ReportedGateway): string {
  return checkLimits(gateway)
    .map(
      ({ figure, isMet, expected, found }) =>
        `${isMet ? 'met' : 'NOT met'}: ${figures[figure].title}: ${expected}, found ${found}`,
    )
    .join('\n')
}

function pairLine({ figure, subject, isMet, expected, found }: PairCheck): string {
  return `${isMet ? 'met' : 'NOT met'}: ${figures[figure].title}, ${subject}: ${expected}, found ${found}`
}

/** `name value` for each, in a sentence. */
export function members(facts: Readonly<Record<string, string | number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/** The first column is aligned to the left, numbers to the right. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0] ?? []
  const widths = columns.map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const text = cells[column] ?? ''
      return column === 0 ? text.padEnd(width) : text.padStart(width)
    })
    return `| ${padded.join(' | ')} |`
  }
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  const [head = [], ...body] = rows
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n')
}
