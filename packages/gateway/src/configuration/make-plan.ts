import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { certificatesFromPem } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import type { UpstreamConfig } from '../forward/upstream-config.ts'
import type { Stage } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import { requestPath } from '../routing/request-path.ts'
import { routePattern } from '../routing/route-table.ts'
import { addressOf, fileOf, type GatewayConfig } from './gateway-config.ts'
import type { ForeignIssuer, HostPlan, Plan, RoutePlan } from './plan.ts'
import type { GatewaySettings } from './section.ts'

type HostSettings = GatewaySettings['hosts'][string]
type RouteSettings = HostSettings['routes'][number]

export type MadePlan = {
  readonly plan: Plan
  /** Every file that it was made of, absolute. */
  readonly files: readonly string[]
}

/**
 * Checks what a schema cannot, and reads the files that hosts name.
 *
 * @throws Problem `config_invalid` at its place in the file; `config_unreadable`
 */
export function makePlan(config: GatewayConfig): MadePlan {
  const { gateway, trustDomain } = config.value
  const files = new Set<string>()
  const read = (pointer: string, file: string): string => {
    const absolute = fileOf(config, file)
    files.add(absolute)
    return readText(config, pointer, absolute)
  }
  for (const listen of gateway.listen) {
    if (addressOf(listen).port > 65_535) {
      throw config.problem('/gateway/listen', `${listen} has no port that exists`)
    }
  }
  checkOrder(config)
  const hosts = Object.entries(gateway.hosts).map(([name, host]) =>
    hostPlan(config, name, host, trustDomain, read),
  )
  if (gateway.defaultHost !== undefined && !Object.hasOwn(gateway.hosts, gateway.defaultHost)) {
    throw config.problem('/gateway/defaultHost', 'there is no such host', {
      expected: `one of ${Object.keys(gateway.hosts).join(', ')}`,
      found: gateway.defaultHost,
    })
  }
  const upstreams = Object.fromEntries(
    Object.entries(gateway.upstreams).map(([name, upstream]) => [
      name,
      absoluteUpstream(config, upstream, files),
    ]),
  )
  const plan: Plan = {
    minVersion: gateway.tls.minVersion,
    hosts,
    defaultHost: gateway.defaultHost,
    upstreams,
    status: gateway.status,
    limits: gateway.limits,
    allowDevelopment: gateway.insecureDevelopmentDevices,
    accessLog: gateway.accessLog.path !== 'off',
  }
  return { plan, files: [...files] }
}

function checkOrder(config: GatewayConfig): void {
  const { warnAfterSeconds, sensitiveAfterSeconds, stopAfterSeconds } = config.value.gateway.status
  if (warnAfterSeconds <= sensitiveAfterSeconds && sensitiveAfterSeconds <= stopAfterSeconds) return
  throw config.problem('/gateway/status', 'the limits are out of order', {
    expected: 'warnAfterSeconds ≤ sensitiveAfterSeconds ≤ stopAfterSeconds',
    found: `${warnAfterSeconds}, ${sensitiveAfterSeconds}, ${stopAfterSeconds}`,
  })
}

function hostPlan(
  config: GatewayConfig,
  name: string,
  host: HostSettings,
  trustDomain: string,
  read: (pointer: string, file: string) => string,
): HostPlan {
  const pointer = `/gateway/hosts/${name}`
  const { certificateFile, keyFile } = host.certificate
  const certificate = read(`${pointer}/certificate/certificateFile`, certificateFile)
  const key = read(`${pointer}/certificate/keyFile`, keyFile)
  checkPair(config, `${pointer}/certificate`, certificate, key)
  const foreignIssuers = (host.trust ?? []).flatMap((trust, index): ForeignIssuer[] => {
    const at = `${pointer}/trust/${index}`
    if (trust.trustDomain === trustDomain || trust.trustDomain.endsWith(`.${trustDomain}`)) {
      throw config.problem(`${at}/trustDomain`, 'a foreign CA cannot speak for our trust domain', {
        expected: `a trust domain outside ${trustDomain}`,
        found: trust.trustDomain,
      })
    }
    return readCas(config, `${at}/caFile`, read(`${at}/caFile`, trust.caFile)).map((der) => ({
      der,
      trustDomain: trust.trustDomain,
    }))
  })
  const names = new Set<string>()
  const taken = new Set<string>()
  const plan: HostPlan = {
    name,
    clientCertificate: host.clientCertificate,
    certificate,
    key,
    foreignIssuers,
    routes: [],
  }
  const routes = host.routes.map((route, index) => {
    const made = routePlan(config, `${pointer}/routes/${index}`, route, plan)
    for (const method of made.methods ?? ['*']) {
      const claim = `${method} ${made.path}`
      if (taken.has(claim)) {
        throw config.problem(`${pointer}/routes/${index}/match`, 'another route matches the same', {
          found: claim,
        })
      }
      taken.add(claim)
    }
    if (names.has(made.name)) {
      throw config.problem(`${pointer}/routes/${index}`, 'two routes have the same name', {
        found: made.name,
      })
    }
    names.add(made.name)
    return made
  })
  return { ...plan, routes }
}

function routePlan(
  config: GatewayConfig,
  pointer: string,
  route: RouteSettings,
  host: HostPlan,
): RoutePlan {
  const { path, methods } = route.match
  const { refused } = requestPath(routePattern(path).path)
  if (refused !== undefined || path.slice(0, -2).includes('*')) {
    throw config.problem(`${pointer}/match/path`, 'no request can match this path', {
      expected: 'an absolute path as requests have it, or one that ends in /*',
      found: refused ?? path,
    })
  }
  if (!Object.hasOwn(config.value.gateway.upstreams, route.upstream)) {
    throw config.problem(`${pointer}/upstream`, 'there is no such upstream', {
      expected: `one of ${Object.keys(config.value.gateway.upstreams).join(', ')}`,
      found: route.upstream,
    })
  }
  const settings: Record<string, unknown> = { ...route.stages }
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
  const name = route.name ?? (methods === undefined ? path : `${methods.join(',')} ${path}`)
  const { upstream, sensitive, webSocket } = route
  return { name, path, methods, upstream, sensitive, webSocket, stages: settings }
}

function checkPair(config: GatewayConfig, pointer: string, certificate: string, key: string): void {
  let problem: string
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return
    problem = 'a key of another certificate'
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  throw config.problem(pointer, 'certificate and key cannot be used together', {
    expected: 'a certificate in PEM, and its private key in PEM',
    found: problem,
  })
}

function readCas(config: GatewayConfig, pointer: string, pem: string): Buffer[] {
  try {
    const certificates = certificatesFromPem(pem)
    if (certificates.length > 0 && certificates.every(({ isCa }) => isCa)) {
      return certificates.map(({ der }) => der)
    }
  } catch (error) {
    if (!isProblem(error)) throw error
    throw config.problem(pointer, error.message)
  }
  throw config.problem(pointer, 'the file does not hold CA certificates alone', {
    expected: 'one or more CA certificates in PEM',
  })
}

function absoluteUpstream(
  config: GatewayConfig,
  upstream: UpstreamConfig,
  files: Set<string>,
): UpstreamConfig {
  const absolute = { ...upstream }
  for (const member of ['caFile', 'certificateFile', 'keyFile'] as const) {
    const file = upstream[member]
    if (file === undefined) continue
    absolute[member] = fileOf(config, file)
    files.add(fileOf(config, file))
  }
  return absolute
}

function readText(config: GatewayConfig, pointer: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const said = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    // The place of the member, and the code for a file that is not there.
    const { message } = config.problem(pointer, `${file}: ${said}`)
    throw new Problem('config_unreadable', { detail: message, cause })
  }
}
