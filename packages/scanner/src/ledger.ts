import type { NotChecked } from './finding.ts'

/** Lines that give the same reason; what comes after is counted. */
const linesForEach = 20
/** A hostile package could have another reason for each of its entries. */
const maxReasons = 500

const countedStart = '(and '
const countedEnd = ' more)'

export type Ledger = {
  readonly note: (path: string, why: string) => void
  readonly lines: () => readonly NotChecked[]
}

/** What was not looked into, and why, in as many lines as somebody reads. */
export function newLedger(): Ledger {
  const reasons = new Map<string, { paths: Set<string>; more: number }>()
  const tooMany = 'more reasons than are told apart here'
  return {
    note: (path, why) => {
      const known = reasons.has(why) || reasons.size < maxReasons
      const reason = known ? why : tooMany
      const entry = reasons.get(reason) ?? { paths: new Set<string>(), more: 0 }
      reasons.set(reason, entry)
      if (entry.paths.size < linesForEach) entry.paths.add(path)
      else if (!entry.paths.has(path)) entry.more += 1
    },
    lines: () =>
      [...reasons].flatMap(([why, { paths, more }]) => [
        ...[...paths].map((path) => ({ path, why })),
        ...(more === 0 ? [] : [{ path: `${countedStart}${more}${countedEnd}`, why }]),
      ]),
  }
}

/** How many a line stands for that names no entry. */
export function countedOnly(path: string): number | undefined {
  if (!path.startsWith(countedStart) || !path.endsWith(countedEnd)) return undefined
  const count = Number(path.slice(countedStart.length, -countedEnd.length))
  return Number.isSafeInteger(count) && count > 0 ? count : undefined
}
