import type { Told } from './personal.ts'

/** What is known of a thing: small, and never a secret. */
export type Facts = { readonly [member: string]: Told }

/** What a row of the log tells of a change: the members that changed, and no other. */
export type AuditChange = {
  /** As it was; null where there was none. */
  readonly before: Facts | null
  /** As it is; null where there is none any more. */
  readonly after: Facts | null
}

/** Something was made. */
export function made(after: Facts): AuditChange {
  return { before: null, after }
}

/** Something was changed: what is the same before and after is left out. */
export function changed<T extends Facts>(before: T, after: T): AuditChange {
  const names = Object.keys({ ...before, ...after })
  const differing = names.filter((name) => !isSame(before[name], after[name]))
  return { before: pick(before, differing), after: pick(after, differing) }
}

/** Something was seen or refused, and everything is as it was. */
export const unchanged: AuditChange = { before: null, after: null }

function pick(facts: Facts, names: readonly string[]): Facts {
  return Object.fromEntries(names.map((name) => [name, facts[name] ?? null]))
}

function isSame(one: Told | undefined, other: Told | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null)
}
