import type { RuleScope } from './limit-rule.ts'

/** How often a rule let a request through, and refused one, in this worker. */
export type LimitRow = {
  readonly host: string
  readonly route: string
  readonly rule: string
  readonly admitted: number
  readonly refused: number
}

/** The counts of one route, by rule. */
export type RouteLimitCounts = {
  readonly admitted: (rule: string) => void
  readonly refused: (rule: string) => void
}

/** What the limits of all routes let through and refused. */
export class LimitCounts {
  readonly #rows = new Map<
    string,
    RuleScope & { rule: string; admitted: number; refused: number }
  >()

  of(scope: RuleScope): RouteLimitCounts {
    const row = (rule: string) => {
      const key = `${scope.host}\0${scope.route}\0${rule}`
      let found = this.#rows.get(key)
      if (found === undefined) {
        found = { ...scope, rule, admitted: 0, refused: 0 }
        this.#rows.set(key, found)
      }
      return found
    }
    return {
      admitted: (rule) => void row(rule).admitted++,
      refused: (rule) => void row(rule).refused++,
    }
  }

  rows(): LimitRow[] {
    return [...this.#rows.values()].map((row) => ({ ...row }))
  }
}
