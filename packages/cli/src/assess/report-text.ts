import type { Output } from '../terminal/output.ts'
import { wrap } from '../terminal/wrap.ts'
import { questions } from './questions.ts'
import type { Argument, AssessmentReport } from './report.ts'
import type { Flip, Verdict } from './verdict.ts'

const verdictWords: Readonly<Record<Verdict, string>> = {
  'mutual-tls': 'mutual TLS',
  tokens: 'tokens only',
  both: 'both',
}

/** The advice, in lines of at most 80 columns, without the configuration. */
export function reportText(report: AssessmentReport, paint: Output['paint']): string {
  const heading = (text: string): string => paint('bold', text)
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', heading(title), ...lines]
  const names = (list: readonly string[]): string => list.join(', ')
  return [
    paint('bold', wrap(report.headline, '')),
    ...section('What decided', report.reasons.map(argumentText)),
    ...section('What spoke against it', report.against.map(argumentText)),
    ...section('What shapes it', report.shaping.map(argumentText)),
    ...section('What would change it', flipLines(report)),
    ...section(
      'Layers to turn on',
      report.layers.map(({ does, setting, page }) =>
        [wrap(does, '  · '), wrap(setting, '    '), `    ${pagePath(page)}`].join('\n'),
      ),
    ),
    ...(report.notSure.length === 0
      ? []
      : ['', wrap(`Find out, and ask again: ${names(report.notSure)}.`, '')]),
    ...(report.assumed.length === 0
      ? []
      : ['', wrap(`Taken as usual, for want of an answer: ${names(report.assumed)}.`, '')]),
  ].join('\n')
}

function argumentText({ because, weight, page }: Argument): string {
  return `${wrap(because, `  ${weight.padEnd(8)}`)}\n${' '.repeat(10)}${pagePath(page)}`
}

function pagePath(page: string): string {
  // An anchor is for --json: a path can be opened as it stands.
  return `docs/guide/${page.split('#')[0]}`
}

/** The nearest first, three at most. */
function flipLines({ flips, reasons }: AssessmentReport): string[] {
  if (flips.length === 0) {
    const deciding = reasons.filter(({ weight }) => weight === 'decides')
    const first = deciding.map(({ about }) => about.join(' or ')).join(', and ')
    const among = first === '' ? '' : `, first of all to ${first}`
    return [wrap(`No single answer: at least two would have to be another${among}.`, '  ')]
  }
  const more = flips.length - 3
  return [
    ...flips.slice(0, 3).map(flipText),
    ...(more > 0 ? [`  ${more} other answers would, too: --json lists them.`] : []),
  ]
}

function flipText({ question, answer, verdict }: Flip): string {
  const choices: Readonly<Record<string, string>> = questions[question].choices
  return wrap(`${question}: ${answer} (${choices[answer]}): ${verdictWords[verdict]}`, '  · ')
}
