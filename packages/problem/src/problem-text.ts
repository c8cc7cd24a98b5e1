import type { Problem } from './problem.ts'
import { reasonOf } from './reasons.ts'

/** A problem for a person at a terminal: what, expected, found, what to do, and the code. */
export function problemText(problem: Problem): string {
  const reason = reasonOf(problem.code)
  const lines = [
    problem.detail === undefined ? reason.title : `${reason.title}: ${problem.detail}`,
    ...(problem.expected === undefined ? [] : [`  expected  ${problem.expected}`]),
    ...(problem.found === undefined ? [] : [`  found     ${problem.found}`]),
    `  fix       ${reason.fix}`,
    `  code      ${problem.code}`,
  ]
  return lines.join('\n')
}
