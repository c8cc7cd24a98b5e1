import type { Exchange } from '../exchange/exchange.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { Host, Route } from '../worker/host.ts'
import { requestPath } from './request-path.ts'
import { routeFor } from './route-table.ts'

/** What a request matches, or why it matches nothing. */
export type FoundRoute =
  | { readonly route: Route; readonly refusal: undefined }
  | { readonly route: undefined; readonly refusal: Refusal }

export function findRoute(host: Host, exchange: Exchange): FoundRoute {
  const { path, refused } = requestPath(exchange.target)
  if (path === undefined) return nothing({ ...invalidTarget, found: refused })
  const set = host.routes.find(path)
  if (set === undefined) return nothing({ ...unknownRoute, found: path.slice(0, 500) })
  const route = routeFor(set, exchange.method)
  if (route !== undefined) return { route, refusal: undefined }
  return nothing({
    code: 'method_not_allowed',
    check: 'method',
    expected: `one of ${set.methods.join(', ')}`,
    found: exchange.method.slice(0, 40),
    // RFC 9110 §15.5.6.
    headers: ['Allow', set.methods.join(', ')],
  })
}

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
