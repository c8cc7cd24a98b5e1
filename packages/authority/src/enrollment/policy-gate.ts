import type { Problem } from '@sallyport/problem'

/** A check of the enrolment policy that would have refused. */
export type ShadowFinding = { check: string; code: string; expected: string; found: string }

/** Where a policy check ends: in mode `enforce` it throws, in `shadow` it is noted. */
export type PolicyGate = {
  refuse(check: string, problem: Problem): void
  readonly findings: readonly ShadowFinding[]
}

export function policyGate(mode: 'enforce' | 'shadow'): PolicyGate {
  const findings: ShadowFinding[] = []
  return {
    findings,
    refuse(check, problem) {
      if (mode === 'enforce') throw problem
      findings.push({
        check,
        code: problem.code,
        expected: problem.expected ?? '',
        found: problem.found ?? '',
      })
    },
  }
}
