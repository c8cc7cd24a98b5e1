import { printable } from './printable.ts'
import type { Row } from './table.ts'

/** One thing, a line for each of its members, values aligned. Names as in JSON, so that they can be looked up. */
export function formatFacts(facts: Row): string {
  const names = Object.keys(facts)
  const width = Math.max(...names.map((name) => name.length))
  return names.map((name) => `${name.padEnd(width)}  ${printable(facts[name])}`).join('\n')
}
