export const dayMs = 86_400_000

/** Midnight UTC of the day that a moment is on. Milliseconds, both. */
export function midnightOf(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs
}

/** `2027-01-31`: the day, in UTC, that a moment in milliseconds is on. @throws RangeError where it is no date */
export function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
