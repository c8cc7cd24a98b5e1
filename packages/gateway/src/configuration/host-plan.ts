import { certificatesFromPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import type { Stage } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import { requestPath } from '../routing/request-path.ts'
import { routePattern } from '../routing/route-table.ts'
import { checkRollouts } from './check-rollouts.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { readCaFile, readKeyPair } from './pem-files.ts'
import type { ForeignIssuer, HostPlan, RoutePlan } from './plan.ts'
import type { GatewaySettings } from './section.ts'

type HostSettings = GatewaySettings['hosts'][string]
type RouteSettings = HostSettings['routes'][number]
type TrustSettings = NonNullable<HostSettings['trust']>[number]

/** @throws Problem `config_invalid`, `config_unreadable` */
export function hostPlan(config: GatewayConfig, name: string, host: HostSettings): HostPlan {
  const pointer = `/gateway/hosts/${name}`
  const { clientCertificate } = host
  const plan: HostPlan = {
    name,
    clientCertificate,
    ...readKeyPair(config, `${pointer}/certificate`, host.certificate),
    foreignIssuers: (host.trust ?? []).flatMap((trust, index) =>
      foreignIssuers(config, `${pointer}/trust/${index}`, trust),
    ),
    routes: [],
  }
  const routes = host.routes.map((route, index) =>
    routePlan(config, `${pointer}/routes/${index}`, route, plan),
  )
  checkDistinct(config, `${pointer}/routes`, routes)
  return { ...plan, routes }
}

function foreignIssuers(
  config: GatewayConfig,
  pointer: string,
  { caFile, trustDomain }: TrustSettings,
): ForeignIssuer[] {
  const ours = config.value.trustDomain
  if (trustDomain === ours || trustDomain.endsWith(`.${ours}`)) {
    throw config.problem(
      `${pointer}/trustDomain`,
      'a foreign CA cannot speak for our trust domain',
      {
        expected: `a trust domain outside ${ours}`,
        found: trustDomain,
      },
    )
  }
  const named = { pointer: `${pointer}/caFile`, file: caFile }
  const pem = readCaFile(config, named)
  try {
    const certificates = certificatesFromPem(pem)
    if (certificates.every(({ isCa }) => isCa)) {
      return certificates.map(({ der }) => ({ der, trustDomain }))
    }
  } catch (error) {
    if (!isProblem(error)) throw error
    throw config.problem(named.pointer, error.message)
  }
  throw config.problem(named.pointer, 'the file does not hold CA certificates alone', {
    expected: 'one or more CA certificates in PEM',
  })
}

function routePlan(
  config: GatewayConfig,
  pointer: string,
  route: RouteSettings,
  host: HostPlan,
): RoutePlan {
  const { path, methods } = route.match
  const pattern = routePattern(path)
  const { refused } = requestPath(pattern.path)
  if (refused !== undefined || pattern.path.includes('*')) {
    throw config.problem(`${pointer}/match/path`, 'no request can match this path', {
      expected: 'an absolute path as requests have it, or one that ends in /*',
      found: refused ?? path,
    })
  }
  const { upstreams } = config.value.gateway
  if (!Object.hasOwn(upstreams, route.upstream)) {
    throw config.problem(`${pointer}/upstream`, 'there is no such upstream', {
      expected: `one of ${Object.keys(upstreams).join(', ')}`,
      found: route.upstream,
    })
  }
  const settings: Readonly<Record<string, unknown>> = { ...route.stages }
  for (const stage of stages as readonly Stage<unknown>[]) {
    if (!Object.hasOwn(settings, stage.name) || stage.appliesTo(host)) continue
    throw config.problem(
      `${pointer}/stages/${stage.name}`,
      'this stage has no meaning on this host',
      {
        expected: 'a host that asks for client certificates',
        found: `clientCertificate: ${host.clientCertificate}`,
      },
    )
  }
  checkRollouts(config, `${pointer}/stages`, settings)
  const name = route.name ?? (methods === undefined ? path : `${methods.join(',')} ${path}`)
  const { upstream, sensitive, webSocket } = route
  return { name, path, methods, upstream, sensitive, webSocket, stages: settings }
}

function checkDistinct(config: GatewayConfig, pointer: string, routes: readonly RoutePlan[]): void {
  const names = new Set<string>()
  const taken = new Set<string>()
  for (const [index, { name, path, methods }] of routes.entries()) {
    for (const method of methods ?? ['any method']) {
      const claim = `${method} ${path}`
      if (taken.has(claim)) {
        throw config.problem(`${pointer}/${index}/match`, 'another route matches the same', {
          found: claim,
        })
      }
      taken.add(claim)
    }
    if (names.has(name)) {
      throw config.problem(`${pointer}/${index}`, 'two routes have the same name', { found: name })
    }
    names.add(name)
  }
}
