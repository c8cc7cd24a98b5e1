/** The steps to a claim, and into what it holds. */
export type ClaimPath = readonly string[]

const maxSteps = 8

/**
 * Reads a path into claims: names with dots between them (`realm_access.roles`), or a JSON Pointer
 * (RFC 6901, `/https:~1~1example.com~1roles`) where names have dots or slashes in them.
 *
 * @returns undefined where it is none
 */
export function claimPath(text: string): ClaimPath | undefined {
  const steps = text.startsWith('/') ? text.slice(1).split('/').map(unescaped) : text.split('.')
  if (steps.length > maxSteps || steps.includes('')) return undefined
  return /~(?![01])/.test(text) && text.startsWith('/') ? undefined : steps
}

// RFC 6901 §4: ~1 first, so that ~01 stays ~1.
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The value at the end of a path, or undefined. What is inherited is no claim, nor is an item of a list. */
export function claimAt(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, step)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return value
}

/** More names than this in one claim are read as none: who has them is refused, and not half known. */
export const maxNames = 1_000

/**
 * A claim that lists names: a list of texts, or one text. What else is in the list is no name.
 *
 * @returns undefined where the claim cannot be read as names; an empty list where it is not there
 */
export function namesAt(
  claims: Readonly<Record<string, unknown>>,
  path: ClaimPath,
): readonly string[] | undefined {
  const value = claimAt(claims, path)
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.length > maxNames) return undefined
  return value.filter((item) => typeof item === 'string')
}
