export type Members = Record<string, unknown>

/** Members of the file, and beside or in place of them those that are shown; lists are replaced whole. */
export function mergeShown(into: Members, from: Members): Members {
  const merged = { ...into }
  for (const [key, value] of Object.entries(from)) {
    merged[key] = isMap(value) && isMap(merged[key]) ? mergeShown(merged[key], value) : value
  }
  return merged
}

export function isMap(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
