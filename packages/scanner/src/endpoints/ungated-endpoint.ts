import type { Judge } from '../detector.ts'
import type { Endpoint } from '../facts.ts'
import type { Finding, Location } from '../finding.ts'
import { isWithin, ownDomains } from '../own-domains.ts'
import type { GatedRoute } from '../scan-settings.ts'
import { isRouteOf, takesPath } from './route-covers.ts'

const maxLocations = 10
const shownPaths = 10

/**
 * Rule `ungated-endpoint`: addresses of one's own in the package that no route of the gateway with a device stage
 * takes. Own are the hosts of the gateway and what lies below the developer's domains.
 */
export const ungatedEndpoint: Judge = function* (facts, { app, settings }) {
  const routes = settings.gatedRoutes
  if (routes === undefined) return
  const { domains, isGuessed } = ownDomains(app, settings)
  const own = facts.endpoints.filter(
    ({ host }) =>
      routes.some((route) => isRouteOf(route, host)) ||
      domains.some((domain) => isWithin(host, domain)),
  )
  for (const [host, endpoints] of Map.groupBy(own, (each) => each.host)) {
    const ofHost = routes.filter((route) => isRouteOf(route, host))
    if (ofHost.length === 0) yield unknownHost(host, endpoints, isGuessed)
    else yield* openPaths(host, endpoints, ofHost)
  }
  yield* openServicePaths(facts.servicePaths, own, routes)
}

function unknownHost(host: string, endpoints: readonly Endpoint[], isGuessed: boolean): Finding {
  return {
    rule: 'ungated-endpoint',
    severity: 'low',
    confidence: isGuessed ? 'tentative' : 'firm',
    title: `${host} is not behind the gateway`,
    detail: `The package holds addresses at ${host}, which is one of your own, and the gateway’s configuration has no such host. Where it serves pages or files for everybody, that is as it should be; where it serves the app’s data, devices are not asked for there.`,
    locations: locationsOf(endpoints),
    identity: host,
    facts: { host, paths: shown(endpoints.map(({ path }) => path)) },
  }
}

function* openPaths(
  host: string,
  endpoints: readonly Endpoint[],
  routes: readonly GatedRoute[],
): Generator<Finding> {
  const isGated = routes.some(({ hasDeviceStage }) => hasDeviceStage)
  for (const [path, places] of Map.groupBy(endpoints, (each) => each.path)) {
    // An address that only others begin with: what is asked for is told by them.
    const isBase = path === '' || path.endsWith('/')
    if (isBase && isGated) continue
    const taking = isBase ? routes : routes.filter((route) => takesPath(route, path))
    if (taking.some(({ hasDeviceStage }) => hasDeviceStage)) continue
    const why =
      taking.length === 0
        ? 'The gateway has this host, and no route for this path: it refuses the request, unless something else answers there.'
        : 'The gateway forwards it on a route that asks for no device: whoever knows the address can call it without your app.'
    yield {
      rule: 'ungated-endpoint',
      ...(taking.length === 0 ? { severity: 'low' as const } : {}),
      confidence: 'firm',
      title: `${host}${path} asks for no device`,
      detail: why,
      locations: locationsOf(places),
      identity: `${host}${path}`,
      facts: { host, path, routes: shown(taking.map((route) => route.path)) },
    }
  }
}

/** Paths without a host: each is tried at every address of one's own that others begin with. */
function* openServicePaths(
  paths: readonly { readonly path: string; readonly location: Location }[],
  own: readonly Endpoint[],
  routes: readonly GatedRoute[],
): Generator<Finding> {
  const bases = [
    ...new Set(['', ...own.map(({ path }) => path).filter((path) => path.endsWith('/'))]),
  ]
  const told = new Set(own.map(({ path }) => path))
  for (const { path, location } of paths) {
    // With its host, it is told already.
    if (bases.some((base) => told.has(joined(base, path)))) continue
    const taking = routes.filter((route) =>
      bases.some((base) => takesPath(route, joined(base, path))),
    )
    // A path that no route takes is most likely of somebody else’s service.
    if (taking.length === 0 || taking.some(({ hasDeviceStage }) => hasDeviceStage)) continue
    yield {
      rule: 'ungated-endpoint',
      confidence: 'tentative',
      title: `${path} asks for no device`,
      detail: `The package holds this path without a host. Where it is called at your gateway, it goes to ${shown(taking.map((route) => `${route.host}${route.path}`)).join(', ')}, which asks for no device.`,
      locations: [location],
      identity: path,
      facts: { path, routes: shown(taking.map((route) => `${route.host}${route.path}`)) },
    }
  }
}

function joined(base: string, path: string): string {
  return `${base.replace(/\/$/, '')}${path}`
}

function locationsOf(endpoints: readonly Endpoint[]): Location[] {
  return endpoints.slice(0, maxLocations).map(({ location }) => location)
}

function shown(values: readonly string[]): string[] {
  return [...new Set(values)].slice(0, shownPaths)
}
