/** The value of a field by lower-case name, several joined with `, ` (RFC 9110 §5.3). */
export function lookUpHeader(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isNamed(rawHeaders[index], name)) continue
    const next = rawHeaders[index + 1] ?? ''
    value = value === undefined ? next : `${value}, ${next}`
  }
  return value
}

export function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index], name)) count++
  }
  return count
}

// Most names differ in length already; only then is a lower-case copy made.
function isNamed(given: string | undefined, name: string): boolean {
  if (given === undefined || given.length !== name.length) return false
  return given === name || given.toLowerCase() === name
}
