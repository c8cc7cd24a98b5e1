/**
 * Compares two app versions part by part: numbers as numbers, so that 2.10 is newer than 2.9, anything
 * else as text. A missing part is older than 0 only by not being there: 2.0 equals 2. What follows a
 * hyphen marks a pre-release, older than the release (semver.org §11); what follows a plus is no part.
 *
 * @returns below 0 where the first is older, 0 where they are equal, above 0 where it is newer
 */
export function compareVersions(first: string, second: string): number {
  const one = parse(first)
  const other = parse(second)
  const length = Math.max(one.parts.length, other.parts.length)
  for (let index = 0; index < length; index++) {
    const order = comparePart(one.parts[index] ?? '0', other.parts[index] ?? '0')
    if (order !== 0) return order
  }
  if (one.preRelease === other.preRelease) return 0
  if (one.preRelease === undefined) return 1
  if (other.preRelease === undefined) return -1
  return one.preRelease < other.preRelease ? -1 : 1
}

/** Versions that are in use at a time are few. */
const maxRemembered = 64

/** Whether a version is this one or a newer one. Asked at each request: what was found is remembered. */
export function isAtLeastVersion(minimum: string): (version: string) => boolean {
  const known = new Map<string, boolean>()
  return (version) => {
    const before = known.get(version)
    if (before !== undefined) return before
    const isNewEnough = compareVersions(version, minimum) >= 0
    if (known.size >= maxRemembered) known.clear()
    known.set(version, isNewEnough)
    return isNewEnough
  }
}

function parse(version: string): { parts: string[]; preRelease: string | undefined } {
  const [release = ''] = version.split('+', 1)
  const hyphen = release.indexOf('-')
  const numbers = hyphen < 0 ? release : release.slice(0, hyphen)
  return {
    parts: numbers.split('.'),
    preRelease: hyphen < 0 ? undefined : release.slice(hyphen + 1),
  }
}

function comparePart(one: string, other: string): number {
  const [first, second] = [Number(one), Number(other)]
  if (Number.isInteger(first) && Number.isInteger(second)) return first - second
  return one === other ? 0 : one < other ? -1 : 1
}
