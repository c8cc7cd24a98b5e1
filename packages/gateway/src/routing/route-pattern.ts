import { requestPath } from './request-path.ts'

/** What a route matches: one path, or everything below one. */
export type RoutePattern = {
  /** In the form that requests are matched in; `{}` stands for a parameter. A prefix ends in a slash. */
  readonly path: string
  readonly isPrefix: boolean
  /** Between the slashes, in order; undefined is a parameter. A prefix has none behind its last slash. */
  readonly segments: readonly (string | undefined)[]
  readonly parameters: readonly PathParameter[]
}

export type PathParameter = {
  readonly name: string
  /** Which segment it is, from 0. */
  readonly segment: number
}

export type ReadPattern =
  | { readonly pattern: RoutePattern; readonly fault: undefined }
  | { readonly pattern: undefined; readonly fault: string }

const parameter = /^\{([A-Za-z][A-Za-z0-9_]{0,62})\}$/
const maxParameters = 16

/**
 * Reads `match.path`: `/v1/*` is every path below `/v1/`, `{name}` is any one segment that is not empty,
 * anything else is itself.
 */
export function routePattern(match: string): ReadPattern {
  const isPrefix = match.endsWith('/*')
  const { path, refused } = requestPath(isPrefix ? match.slice(0, -1) : match)
  if (path === undefined) return faulty(refused)
  if (path.includes('*')) return faulty('an asterisk that is not the end of /*')
  const parameters: PathParameter[] = []
  const segments = (isPrefix ? path.slice(1, -1) : path.slice(1)).split('/')
  if (isPrefix && path === '/') segments.length = 0
  const matched: (string | undefined)[] = []
  for (const [segment, text] of segments.entries()) {
    const name = parameter.exec(text)?.[1]
    if (name === undefined && /[{}]/.test(text)) {
      return faulty(`${text}: a parameter is a whole segment, such as {accountId}`)
    }
    if (name !== undefined && parameters.some((other) => other.name === name)) {
      return faulty(`the parameter ${name} twice`)
    }
    if (name !== undefined) parameters.push({ name, segment })
    matched.push(name === undefined ? text : undefined)
  }
  if (parameters.length > maxParameters) return faulty(`more than ${maxParameters} parameters`)
  const shape = `/${matched.map((text) => text ?? '{}').join('/')}`
  return {
    pattern: {
      path: isPrefix && shape !== '/' ? `${shape}/` : shape,
      isPrefix,
      segments: matched,
      parameters,
    },
    fault: undefined,
  }
}

function faulty(fault: string): ReadPattern {
  return { pattern: undefined, fault }
}

/**
 * Whether some path matches both, and neither is a special case of the other: then nothing but their
 * order could say whose rules hold, and no request may depend on that.
 */
export function areAmbiguous(one: RoutePattern, other: RoutePattern): boolean {
  return overlap(one, other) && !isWithin(one, other) && !isWithin(other, one)
}

function overlap(one: RoutePattern, other: RoutePattern): boolean {
  if (!one.isPrefix && !other.isPrefix && one.segments.length !== other.segments.length) {
    return false
  }
  const [shorter, longer] =
    one.segments.length <= other.segments.length ? [one, other] : [other, one]
  // A path ends; it does not reach what lies below a longer one, nor below one of the same length.
  if (!shorter.isPrefix && longer.isPrefix) return false
  if (!shorter.isPrefix && longer.segments.length > shorter.segments.length) return false
  return shorter.segments.every((segment, index) => {
    const opposite = longer.segments[index]
    return segment === undefined || opposite === undefined || segment === opposite
  })
}

/** Of two patterns that match the same path: whether all that `inner` matches is matched by `outer` too. */
export function isWithin(inner: RoutePattern, outer: RoutePattern): boolean {
  if (outer.segments.length > inner.segments.length) return false
  return outer.segments.every(
    (segment, index) => segment === undefined || segment === inner.segments[index],
  )
}
