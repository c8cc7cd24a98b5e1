/** A pattern of a route: an exact path, or a prefix that ends in a slash. */
export type RoutePattern = { readonly path: string; readonly isPrefix: boolean }

/** `/v1/*` is every path below `/v1/`; any other pattern is one path. */
export function routePattern(match: string): RoutePattern {
  const isPrefix = match.endsWith('/*')
  return { path: isPrefix ? match.slice(0, -1) : match, isPrefix }
}

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
 * The routes of a host. The path decides first: an exact one, else the longest prefix. Then the method
 * decides among the routes of that very path; a shorter prefix is not asked, so that a rule for one
 * path is never gone round by way of a wider one.
 */
export type RouteTable<R> = { readonly find: (path: string) => RouteSet<R> | undefined }

export function routeTable<R extends Matchable>(routes: readonly R[]): RouteTable<R> {
  const exact = collect(routes.filter((route) => !route.pattern.isPrefix))
  const prefixes = collect(routes.filter((route) => route.pattern.isPrefix))
  // To many a service a path with a slash behind it is the same: its rules hold for both, unless the
  // longer one has its own.
  const withoutSlash = (path: string): RouteSet<R> | undefined =>
    path.endsWith('/') && !prefixes.has(path) ? exact.get(path.slice(0, -1)) : undefined
  return {
    find: (path) => {
      const found = exact.get(path) ?? withoutSlash(path)
      if (found !== undefined || prefixes.size === 0) return found
      for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
        const set = prefixes.get(path.slice(0, end + 1))
        if (set !== undefined) return set
        if (end === 0) return undefined
      }
      return undefined
    },
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
