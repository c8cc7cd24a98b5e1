/** Stands for a value that is too large or too deep to be looked at: whoever looks is answered with an error. */
class Unreadable {
  readonly isUnreadable = true
}
const unreadable = new Unreadable()

/** Of lists and maps. Where a condition goes through lists within lists the work is the product of both. */
export const maxItems = { plain: 1_000, nested: 250 } as const
const maxDepth = 8

/**
 * A JSON value as CEL takes it: objects as maps, so that no name in them can be mistaken for a member
 * of an object; whole numbers as `int`, others as `double`. What is too large costs only the conditions
 * that look at it.
 */
export function celValue(value: unknown, most: number, depth = 0): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) return unreadable
  if (Array.isArray(value)) {
    if (value.length > most) return unreadable
    return value.map((item) => celValue(item, most, depth + 1))
  }
  const entries = Object.entries(value)
  if (entries.length > most) return unreadable
  return new Map(entries.map(([name, member]) => [name, celValue(member, most, depth + 1)]))
}

/** Names as CEL takes them; undefined stands for names that cannot be read. */
export function celNames(
  names: ReadonlySet<string> | readonly string[] | undefined,
  most: number,
): unknown {
  if (names === undefined) return unreadable
  const list = [...names]
  return list.length > most ? unreadable : list
}
