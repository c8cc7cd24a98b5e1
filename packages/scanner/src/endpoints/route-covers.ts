import type { GatedRoute } from '../scan-settings.ts'

/** Whether a route of a gateway takes requests to this host: `*.bank.com` is one label more. */
export function isRouteOf(route: GatedRoute, host: string): boolean {
  const name = route.host.toLowerCase().replace(/:\d+$/, '')
  if (!name.startsWith('*.')) return name === host
  return host.endsWith(name.slice(1)) && !host.slice(0, -name.length + 1).includes('.')
}

/**
 * Whether a route takes this path. `{…}` on either side is any one segment, since the app fills it in; `/*` at the
 * route's end is everything below.
 */
export function takesPath({ path: pattern }: GatedRoute, path: string): boolean {
  const isPrefix = pattern.endsWith('/*')
  const wanted = segmentsOf(isPrefix ? pattern.slice(0, -2) : pattern)
  const given = segmentsOf(path)
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every(
    (segment, at) => isParameter(segment) || isParameter(given[at]) || segment === given[at],
  )
}

function segmentsOf(path: string): string[] {
  return path.replaceAll(/^\/|\/$/g, '').split('/')
}

function isParameter(segment: string | undefined): boolean {
  return segment !== undefined && /^\{.*\}$/.test(segment)
}
