/** Numbers between dots, as versions of systems and CFBundleVersion have them. */
const form = /^\d{1,15}(?:\.\d{1,15}){0,9}$/

/**
 * Whether a version such as `18.2.1` is at least another one, number by number. Parts that are not there
 * count as 0. False where either is no version, so that what cannot be compared does not pass.
 */
export function isVersionAtLeast(version: string, minimum: string): boolean {
  if (!form.test(version) || !form.test(minimum)) return false
  const numbers = version.split('.').map(Number)
  const least = minimum.split('.').map(Number)
  for (let index = 0; index < Math.max(numbers.length, least.length); index++) {
    const difference = (numbers[index] ?? 0) - (least[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
