/** CFBundleVersion: integers between dots. */
const form = /^\d{1,15}(?:\.\d{1,15}){0,9}$/

/** Whether a version is the other or later, number by number; one of another form is not. */
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
