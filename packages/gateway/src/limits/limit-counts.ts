import type { RuleScope } from './limit-rule.ts'

/** How often a rule let a request through, and refused one, in this worker. */
export type LimitRow = RuleScope & {
  readonly rule: string
  admitted: number
  refused: number
}

/** What the limits of all routes let through and refused: a row for each, which its rule counts in. */
export class LimitCounts {
  readonly #rows = new Map<string, LimitRow>()

  /** The row of a rule; the same one again after a reload. */
  of({ host, route }: RuleScope, rule: string): LimitRow {
    const key = `${host}\0${route}\0${rule}`
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = { host, route, rule, admitted: 0, refused: 0 }
      this.#rows.set(key, row)
    }
    return row
  }

  rows(): LimitRow[] {
    return [...this.#rows.values()]
  }
}
