import type { RoutePattern } from './route-pattern.ts'

/** Values of the parameters of a path, decoded. Without a prototype: a name is one of the route's or nothing. */
export type PathParameters = Readonly<Record<string, string>>

export const noParameters: PathParameters = Object.freeze(
  Object.create(null) as Record<string, string>,
)

/**
 * Reads the parameters of a path that matches a pattern.
 *
 * @param path in the form that routes are matched in: no encoded slash, backslash or ASCII control is in it
 * @returns undefined where a value cannot be read in one way only: bytes that are no UTF-8, a control
 *   character, an encoded semicolon
 */
export function pathParameters(pattern: RoutePattern, path: string): PathParameters | undefined {
  const { parameters } = pattern
  if (parameters.length === 0) return noParameters
  const values = Object.create(null) as Record<string, string>
  let segment = 0
  let from = 1
  for (const { name, segment: wanted } of parameters) {
    for (; segment < wanted; segment++) from = path.indexOf('/', from) + 1
    const end = path.indexOf('/', from)
    const value = decoded(end < 0 ? path.slice(from) : path.slice(from, end))
    if (value === undefined) return undefined
    values[name] = value
  }
  return values
}

function decoded(raw: string): string | undefined {
  if (!raw.includes('%')) return raw
  let value: string
  try {
    value = decodeURIComponent(raw)
  } catch {
    return undefined
  }
  return ambiguous.test(value) ? undefined : value
}

// C1 controls come in two bytes each, which the reading of the path lets through. Who decodes first and
// leaves out path parameters then would find another value behind an encoded semicolon.
const ambiguous = /\p{Cc}|[/\\;]|^\.{1,2}$/u

export function sameParameters(one: PathParameters, other: PathParameters): boolean {
  if (one === other) return true
  for (const name in one) if (one[name] !== other[name]) return false
  return true
}
