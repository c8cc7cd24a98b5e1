import type { Problem } from '@sallyport/problem'

/** A check of the enrolment policy that would have refused. */
export type ShadowFinding = { check: string; code: string; expected: string; found: string }

/** What a phone sends must not make a row of any size. */
const maxWords = 500

/** Where a policy check ends: in mode `enforce` it throws, in `shadow` it is noted. */
export type PolicyGate = {
  refuse(check: string, problem: Problem): void
  /** Notes what refuses in no case: a check whose own mode is `shadow`, too. */
  note(finding: ShadowFinding): void
  readonly findings: readonly ShadowFinding[]
}

export function policyGate(mode: 'enforce' | 'shadow'): PolicyGate {
  const findings: ShadowFinding[] = []
  const note = (finding: ShadowFinding) => {
    const { expected, found } = finding
    findings.push({
      ...finding,
      expected: expected.slice(0, maxWords),
      found: found.slice(0, maxWords),
    })
  }
  return {
    findings,
    note,
    refuse(check, problem) {
      if (mode === 'enforce') throw problem
      const { code, expected = '', found = '' } = problem
      note({ check, code, expected, found })
    },
  }
}
