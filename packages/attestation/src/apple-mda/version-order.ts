/**
 * Whether a version such as `18.2.1` is at least another one. Parts that are not there count as 0.
 * False where either is no version, so that what cannot be compared does not pass.
 */
export function isVersionAtLeast(version: string, minimum: string): boolean {
  const parts = partsOf(version)
  const minimumParts = partsOf(minimum)
  if (parts === undefined || minimumParts === undefined) return false
  for (let index = 0; index < Math.max(parts.length, minimumParts.length); index++) {
    const difference = (parts[index] ?? 0) - (minimumParts[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

function partsOf(version: string): number[] | undefined {
  return /^\d{1,5}(\.\d{1,5}){0,4}$/.test(version) ? version.split('.').map(Number) : undefined
}
