import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { formatTable } from '../terminal/table.ts'
import type { CaseOutcome, CasesRun } from './run-cases.ts'

/** The table of outcomes; below it, of each that came out otherwise, what was expected and why it did. */
export function casesText({ outcomes }: CasesRun, paint: Output['paint']): string {
  const table = formatTable(
    outcomes.map((outcome) => ({
      case: outcome.name,
      result: resultOf(outcome),
      verdict: outcome.verdict,
      by: outcome.rule === null ? outcome.stage : `rule ${outcome.rule}`,
      code: outcome.code,
      request: outcome.request,
      user: outcome.user,
      device: outcome.device,
    })),
    (heading) => paint('bold', heading),
  )
  const wrong = outcomes.filter(isWrong).flatMap((outcome) => ['', ...wrongWords(outcome, paint)])
  return [table, ...wrong].join('\n')
}

export function isWrong({ expectedOther }: CaseOutcome): boolean {
  return expectedOther.length > 0
}

function resultOf(outcome: CaseOutcome): string {
  if (!outcome.isChecked) return 'not checked'
  return isWrong(outcome) ? 'WRONG' : 'ok'
}

function wrongWords(outcome: CaseOutcome, paint: Output['paint']): string[] {
  return [
    paint('red', printable(`${outcome.name}: ${outcome.request}`)),
    ...outcome.expectedOther.map(
      ({ what, expected, found }) => `  ${what}: expected ${expected}, found ${found}`,
    ),
    ...(outcome.found === null || outcome.rules.length > 0
      ? []
      : [`  ${outcome.stage}: ${outcome.found}`]),
    ...outcome.rules.map(
      ({ rule, check, expected, found }) => `  rule ${rule}: ${check}: ${expected}; ${found}`,
    ),
  ].map((line) => printable(line))
}

/** The last line: how many are as expected. */
export function casesSummary({ outcomes, notRun }: CasesRun): string {
  const checked = outcomes.filter(({ isChecked }) => isChecked)
  const wrong = checked.filter(isWrong).length
  const said =
    checked.length === 0
      ? `${outcomes.length} cases, none of which says what to expect`
      : `${checked.length - wrong} of ${checked.length} cases are as expected`
  return notRun.length === 0 ? said : `${said}; not run offline: ${notRun.join(', ')}`
}
