/** Stands for a value that is too large or too deep to be looked at: whoever looks is answered with an error. */
class Unreadable {
  readonly isUnreadable = true
}
const unreadable = new Unreadable()

export const maxListItems = 1_000
const maxDepth = 8

/**
 * A JSON value as CEL takes it: objects as maps, so that no name in them can be mistaken for a member
 * of an object; whole numbers as `int`, others as `double`. What is too large costs only the conditions
 * that look at it.
 */
export function celValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) return unreadable
  if (Array.isArray(value)) {
    if (value.length > maxListItems) return unreadable
    return value.map((item) => celValue(item, depth + 1))
  }
  const entries = Object.entries(value)
  if (entries.length > maxListItems) return unreadable
  return new Map(entries.map(([name, member]) => [name, celValue(member, depth + 1)]))
}

/** Names as CEL takes them; undefined stands for names that cannot be read. */
export function celNames(names: ReadonlySet<string> | readonly string[] | undefined): unknown {
  if (names === undefined) return unreadable
  const list = [...names]
  return list.length > maxListItems ? unreadable : list
}
