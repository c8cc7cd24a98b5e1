import type { ReasonCode } from '@sallyport/problem'
import type { AttestationCheck, CheckOutcome } from './attestation-result.ts'

export type Finding = {
  readonly outcome: CheckOutcome
  readonly expected: string
  readonly found: string
}

/** One row of the table of checks of a format. */
export type CheckRow<Subject> = {
  readonly name: string
  readonly code: ReasonCode
  /** `proof`: where it fails, nothing is proven of the key. `policy`: what is proven is not enough. */
  readonly kind: 'proof' | 'policy'
  /** Never throws: a subject is what could be read. */
  run(subject: Subject): Finding
}

export const holds = (isTrue: boolean, expected: string, found: string): Finding => ({
  outcome: isTrue ? 'passed' : 'failed',
  expected,
  found,
})

/** Nothing asked for it. `found` still says what is there. */
export const unchecked = (found: string, expected = 'not asked for'): Finding => ({
  outcome: 'unchecked',
  expected,
  found,
})

/** Runs every row, so that a person sees all that is wrong at once. */
export function runChecks<Subject>(
  table: readonly CheckRow<Subject>[],
  subject: Subject,
): { checks: AttestationCheck[]; accepted: boolean; proven: boolean } {
  const checks: AttestationCheck[] = []
  let accepted = true
  let proven = true
  for (const { name, code, kind, run } of table) {
    const { outcome, expected, found: whole } = run(subject)
    const found = boundedText(whole)
    const isFailed = outcome === 'failed'
    checks.push({ name, outcome, code: isFailed ? code : null, expected, found })
    if (isFailed) accepted = false
    if (isFailed && kind === 'proof') proven = false
  }
  return { checks, accepted, proven }
}

/** What was found is kept, logged and read by people, and comes from outside. */
const maxFoundCharacters = 1_000

export const boundedText = (text: string): string =>
  text.length <= maxFoundCharacters ? text : `${text.slice(0, maxFoundCharacters)}…`
