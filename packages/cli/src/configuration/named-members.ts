/** A member of a configuration whose value is a text: where it stands, and what it says. */
export type NamedMember = {
  /** Steps from the top: `['gateway', 'listen', '0']`. */
  readonly path: readonly string[]
  readonly name: string
  readonly value: string
  /** The mapping or list that holds it. */
  readonly siblings: Readonly<Record<string, unknown>>
}

/** Every text of a configuration, depth first. Items of a list are named as the list. */
export function namedMembers(value: unknown, path: readonly string[] = []): NamedMember[] {
  if (typeof value !== 'object' || value === null) return []
  const siblings = value as Readonly<Record<string, unknown>>
  return Object.entries(siblings).flatMap(([key, member]) => {
    const here = [...path, key]
    const name = Array.isArray(value) ? (path.at(-1) ?? '') : key
    if (typeof member === 'string') return [{ path: here, name, value: member, siblings }]
    return namedMembers(member, here)
  })
}
