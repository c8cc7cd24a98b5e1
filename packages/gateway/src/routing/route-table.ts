import { type FoundInTree, ParameterTree } from './parameter-tree.ts'
import { isWithin, type RoutePattern } from './route-pattern.ts'

type Matchable = { readonly pattern: RoutePattern; readonly methods: readonly string[] | undefined }

/** All routes of one path, by method. */
export type RouteSet<R> = {
  readonly byMethod: ReadonlyMap<string, R>
  /** The route that names no method. */
  readonly any: R | undefined
  /** For Allow. */
  readonly methods: readonly string[]
}

/**
 * The routes of a host. The path decides first: an exact one, else one with parameters, else the longest
 * prefix. Then the method decides among the routes of that very path; a shorter prefix is not asked,
 * so that a rule for one path is never gone round by way of a wider one.
 */
export type RouteTable<R> = { readonly find: (path: string) => RouteSet<R> | undefined }

/** @param routes none of which is ambiguous with another */
export function routeTable<R extends Matchable>(routes: readonly R[]): RouteTable<R> {
  const literal = routes.filter(({ pattern }) => pattern.parameters.length === 0)
  const exact = collect(literal.filter(({ pattern }) => !pattern.isPrefix))
  const prefixes = collect(literal.filter(({ pattern }) => pattern.isPrefix))
  const findParameters = parameterFinder(
    routes.filter(({ pattern }) => pattern.parameters.length > 0),
  )
  return {
    find: (path) => {
      const found = exact.get(path)
      if (found !== undefined) return found
      const hasSlash = path.endsWith('/')
      const isPrefixItself = hasSlash && prefixes.has(path)
      // To many a service a path with a slash behind it is the same: its rules hold for both, unless
      // the longer one has its own.
      if (hasSlash && !isPrefixItself) {
        const withoutSlash = exact.get(path.slice(0, -1))
        if (withoutSlash !== undefined) return withoutSlash
      }
      const parameters = findParameters?.(path, !isPrefixItself)
      if (parameters?.pattern.isPrefix === false) return parameters.value
      const named = parameters?.pattern.segments.length ?? 0
      for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
        const prefix = path.slice(0, end + 1)
        const set = prefixes.get(prefix)
        if (set !== undefined) return named > segmentsOf(prefix) ? parameters?.value : set
        if (end === 0) break
      }
      return parameters?.value
    },
  }
}

/** How many segments a literal prefix names. */
function segmentsOf(prefix: string): number {
  let count = -1
  for (let at = prefix.indexOf('/'); at >= 0; at = prefix.indexOf('/', at + 1)) count++
  return count
}

type FindParameters<R> = (
  path: string,
  mayEndInSlash: boolean,
) => FoundInTree<RouteSet<R>> | undefined

function parameterFinder<R extends Matchable>(routes: readonly R[]): FindParameters<R> | undefined {
  if (routes.length === 0) return undefined
  const patterns = new Map(routes.map(({ pattern }) => [pattern.path, pattern]))
  const tree = new ParameterTree<RouteSet<R>>()
  for (const [path, set] of collect(routes)) tree.add(patterns.get(path) as RoutePattern, set)
  return (path, mayEndInSlash) => {
    const found = tree.find(path)
    if (!mayEndInSlash || !path.endsWith('/') || found?.pattern.isPrefix === false) return found
    const withoutSlash = tree.find(path.slice(0, -1))
    if (withoutSlash === undefined || withoutSlash.pattern.isPrefix) return found
    return found !== undefined && isWithin(found.pattern, withoutSlash.pattern)
      ? found
      : withoutSlash
  }
}

/**
 * A service that answers TRACE or TRACK says all that it was sent, also what the gateway told it alone
 * (RFC 9110 §9.3.8); CONNECT asks for a tunnel. A route that names no method does not mean these.
 */
const neverImplied: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])

/** The route for a method. HEAD is served wherever GET is (RFC 9110 §9.3.2). */
export function routeFor<R>(set: RouteSet<R>, method: string): R | undefined {
  const route = set.byMethod.get(method) ?? (neverImplied.has(method) ? undefined : set.any)
  return route === undefined && method === 'HEAD' ? set.byMethod.get('GET') : route
}

type Collected<R> = { byMethod: Map<string, R>; any: R | undefined; methods: string[] }

function collect<R extends Matchable>(routes: readonly R[]): Map<string, RouteSet<R>> {
  const sets = new Map<string, Collected<R>>()
  for (const route of routes) {
    const set: Collected<R> = sets.get(route.pattern.path) ?? {
      byMethod: new Map(),
      any: undefined,
      methods: [],
    }
    sets.set(route.pattern.path, set)
    if (route.methods === undefined) set.any = route
    for (const method of route.methods ?? []) {
      set.byMethod.set(method, route)
      set.methods.push(method)
    }
  }
  return sets
}
