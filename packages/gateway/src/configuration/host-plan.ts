import { certificatesFromPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import type { Stage } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import { areAmbiguous, type RoutePattern, routePattern } from '../routing/route-pattern.ts'
import { checkAccess } from './check-access.ts'
import { checkLimits } from './check-limits.ts'
import { checkRollouts } from './check-rollouts.ts'
import { hostKeyPair } from './certificate-plan.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { readCaFile } from './pem-files.ts'
import type { ForeignIssuer, HostPlan, RoutePlan, StageSettingsByName } from './plan.ts'
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
    pair: hostKeyPair(config, name),
    stapling: host.certificate.stapling ?? 'auto',
    foreignIssuers: (host.trust ?? []).flatMap((trust, index) =>
      foreignIssuers(config, `${pointer}/trust/${index}`, trust),
    ),
    stages: host.stages ?? {},
    routes: [],
  }
  checkStages(config, pointer, plan.stages, plan)
  checkAccess(config, `${pointer}/stages`, plan.stages, undefined)
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
  const { fault } = routePattern(path)
  if (fault !== undefined) {
    throw config.problem(`${pointer}/match/path`, 'no request can match this path', {
      expected:
        'an absolute path as requests have it, with {name} for parameters, or one that ends in /*',
      found: fault,
    })
  }
  const { upstreams } = config.value.gateway
  if (!Object.hasOwn(upstreams, route.upstream)) {
    throw config.problem(`${pointer}/upstream`, 'there is no such upstream', {
      expected: `one of ${Object.keys(upstreams).join(', ')}`,
      found: route.upstream,
    })
  }
  checkStages(config, pointer, route.stages ?? {}, host)
  checkAccess(config, `${pointer}/stages`, route.stages ?? {}, path)
  const name = route.name ?? (methods === undefined ? path : `${methods.join(',')} ${path}`)
  const { upstream, sensitive, webSocket } = route
  const settings = { ...host.stages, ...route.stages }
  return { name, path, methods, upstream, sensitive, webSocket, stages: settings }
}

function checkStages(
  config: GatewayConfig,
  pointer: string,
  settings: StageSettingsByName,
  host: HostPlan,
): void {
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
  checkLimits(config, `${pointer}/stages`, settings)
}

function checkDistinct(config: GatewayConfig, pointer: string, routes: readonly RoutePlan[]): void {
  const names = new Set<string>()
  const taken = new Set<string>()
  const patterns: { readonly path: string; readonly pattern: RoutePattern }[] = []
  for (const [index, { name, path, methods }] of routes.entries()) {
    const { pattern } = routePattern(path)
    if (pattern === undefined) continue
    const rival = patterns.find((other) => areAmbiguous(other.pattern, pattern))
    if (rival !== undefined) {
      throw config.problem(
        `${pointer}/${index}/match`,
        'nothing says which of two routes is meant',
        {
          expected:
            'of two paths that match the same requests, one to be a special case of the other',
          found: `${rival.path} and ${path}`,
        },
      )
    }
    patterns.push({ path, pattern })
    for (const method of methods ?? ['any method']) {
      // Under whatever name, a parameter is a parameter.
      const claim = `${method} ${pattern.path}${pattern.isPrefix ? '*' : ''}`
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
