import type { RequestHead } from '../exchange/request-head.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { Host, Route } from '../worker/host.ts'
import { type PathParameters, pathParameters, sameParameters } from './path-parameters.ts'
import { otherReading, requestPath } from './request-path.ts'
import { routeFor } from './route-table.ts'

/** What a request matches, or why it matches nothing. */
export type FoundRoute =
  | {
      readonly route: Route
      readonly parameters: PathParameters
      readonly refusal: undefined
    }
  | { readonly route: undefined; readonly refusal: Refusal }

export function findRoute(host: Pick<Host, 'routes'>, exchange: RequestHead): FoundRoute {
  const { path, refused } = requestPath(exchange.target)
  if (path === undefined) return nothing({ ...invalidTarget, found: refused })
  const set = host.routes.find(path)
  if (set === undefined) return nothing({ ...unknownRoute, found: path.slice(0, 500) })
  // `/v1/admin;x` and `/v1//admin` are /v1/admin to many a service. Where that has rules of its own, they
  // are not gone round.
  const other = otherReading(path)
  const otherSet = other === undefined ? undefined : host.routes.find(other)
  if (otherSet !== undefined && otherSet !== set) {
    return nothing({ ...invalidTarget, found: 'path parameters or empty segments' })
  }
  const route = routeFor(set, exchange.method)
  if (route !== undefined) return withParameters(route, path, other)
  const allowed = (set.methods.length > 0 ? set.methods : usualMethods).join(', ')
  return nothing({
    code: 'method_not_allowed',
    check: 'method',
    expected: `one of ${allowed}`,
    found: exchange.method.slice(0, 40),
    // RFC 9110 §15.5.6.
    headers: ['Allow', allowed],
  })
}

/** The values are part of what is decided on: two readings of the path must give the same. */
function withParameters(route: Route, path: string, other: string | undefined): FoundRoute {
  const parameters = pathParameters(route.pattern, path)
  if (parameters === undefined) return nothing({ ...invalidTarget, found: 'a path parameter' })
  if (other !== undefined && route.pattern.parameters.length > 0) {
    const read = pathParameters(route.pattern, other)
    if (read === undefined || !sameParameters(parameters, read)) {
      return nothing({ ...invalidTarget, found: 'a semicolon in a path parameter' })
    }
  }
  return { route, parameters, refusal: undefined }
}

/** What a route means that names no method, for those who asked for something else. */
const usualMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const invalidTarget: Refusal = {
  code: 'request_target_invalid',
  check: 'target',
  expected: 'an absolute path that can be read in one way only',
}
const unknownRoute: Refusal = {
  code: 'route_not_found',
  check: 'path',
  expected: 'the path of a route of this host',
}

function nothing(refusal: Refusal): FoundRoute {
  return { route: undefined, refusal }
}
