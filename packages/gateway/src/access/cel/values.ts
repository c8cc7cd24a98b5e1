/** Stands for a value that is too large or too deep to be looked at: whoever looks is answered with an error. */
class Unreadable {
  readonly isUnreadable = true
}
const unreadable = new Unreadable()

/** How much of one value a condition may look at: what is larger is unreadable to it. */
export type ReadingBounds = {
  /** Of a list or a map. */
  readonly items: number
  /** Of a text, which `split` makes a list of. */
  readonly characters: number
}

/** Where a condition goes through lists within lists, or splits texts, the work is the product of both. */
export const readingBounds = {
  plain: { items: 1_000, characters: Number.POSITIVE_INFINITY },
  nested: { items: 250, characters: 2_000 },
} as const satisfies Record<string, ReadingBounds>
const maxDepth = 8

/**
 * A JSON value as CEL takes it: objects as maps, so that no name in them can be mistaken for a member
 * of an object; whole numbers as `int`, others as `double`. What is too large costs only the conditions
 * that look at it.
 */
export function celValue(value: unknown, bounds: ReadingBounds, depth = 0): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string') return celText(value, bounds)
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) return unreadable
  if (Array.isArray(value)) {
    if (value.length > bounds.items) return unreadable
    return value.map((item) => celValue(item, bounds, depth + 1))
  }
  const entries = Object.entries(value)
  const isTooLarge =
    entries.length > bounds.items || entries.some(([name]) => name.length > bounds.characters)
  if (isTooLarge) return unreadable
  return new Map(entries.map(([name, member]) => [name, celValue(member, bounds, depth + 1)]))
}

/** Names as CEL takes them; undefined stands for names that cannot be read. */
export function celNames(
  names: ReadonlySet<string> | readonly string[] | undefined,
  bounds: ReadingBounds,
): unknown {
  if (names === undefined) return unreadable
  const list = [...names]
  return list.length > bounds.items ? unreadable : list.map((name) => celText(name, bounds))
}

export function celText(text: string, { characters }: ReadingBounds): unknown {
  return text.length > characters ? unreadable : text
}
