import type { Assert, AssertionSigner } from '../assertion/sign-assertion.ts'
import type { HostPlan, Plan } from '../configuration/plan.ts'
import type { Credentials } from '../certificates/credentials.ts'
import { hostIdentity } from '../certificates/host-identity.ts'
import type { Addresses } from '../addresses/addresses.ts'
import { createUpstream, type Upstream } from '../forward/upstream.ts'
import { closeCounters } from '../counters/counters-for.ts'
import type { Counters } from '../counters/counters.ts'
import type { Log } from '../log/log.ts'
import { RequestCounters } from '../metrics/request-counters.ts'
import type { Step } from '../pipeline/stage.ts'
import { routePattern } from '../routing/route-pattern.ts'
import { routeTable } from '../routing/route-table.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import { compileSteps } from './compile-steps.ts'
import type { Host, Route } from './host.ts'
import { createServices, renewSecrets, type Services } from './services.ts'
import type { WorkerTrust } from './worker-trust.ts'

/** One configuration, compiled: what a worker decides by until the next one is taken over. */
export type Generation = {
  readonly plan: Plan
  readonly hosts: ReadonlyMap<string, Host>
  readonly upstreams: ReadonlyMap<string, NamedUpstream>
  readonly services: Services
}

type NamedUpstream = {
  readonly upstream: Upstream /** To tell whether it changed. */
  readonly source: string
}

export type GenerationOptions = {
  readonly trust: WorkerTrust
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly signer: AssertionSigner
  readonly addresses: Addresses
  readonly credentials: Credentials
  readonly log: Log
  /** The one in force: upstreams that did not change keep their connections, routes their counts. */
  readonly previous: Generation | undefined
}

/**
 * Builds all that a configuration needs, and touches nothing that is in force.
 *
 * @throws Problem `config_invalid`, `config_unreadable`; whatever was begun is closed by then
 */
export function buildGeneration(plan: Plan, options: GenerationOptions): Generation {
  const upstreams = new Map<string, NamedUpstream>()
  let services: Services | undefined
  try {
    for (const [name, config] of Object.entries(plan.upstreams)) {
      const source = JSON.stringify(config)
      const known = options.previous?.upstreams.get(name)
      upstreams.set(
        name,
        known?.source === source
          ? known
          : { source, upstream: createUpstream(name, config, { log: options.log }) },
      )
    }
    services = createServices(plan, options)
    const shared = services
    const hosts = new Map(
      plan.hosts.map((host) => [
        host.name,
        buildHost(host, plan, { upstreams, services: shared }, options),
      ]),
    )
    return { plan, hosts, upstreams, services }
  } catch (error) {
    closeUnused(upstreams, options.previous)
    const kept = options.previous?.services.counters
    if (services !== undefined) closeCounters(services.counters, kept)
    throw error
  }
}

/** Closes the upstreams of a generation that another one does not use. */
export function closeUnused(
  upstreams: ReadonlyMap<string, NamedUpstream>,
  kept: Generation | undefined,
): void {
  for (const [name, { upstream }] of upstreams) {
    if (kept?.upstreams.get(name)?.upstream !== upstream) void upstream.close()
  }
}

function buildHost(
  plan: HostPlan,
  whole: Plan,
  { upstreams, services }: Pick<Generation, 'upstreams' | 'services'>,
  options: GenerationOptions,
): Host {
  const { trust, previous } = options
  const before = previous?.hosts.get(plan.name)
  const fresh = trust.forHost(plan)
  // The same beliefs: what was verified stays verified.
  const hostTrust = before?.trust.fingerprint === fresh.fingerprint ? before.trust : fresh
  const routes = plan.routes.map((route): Route => {
    const { pattern } = routePattern(route.path)
    const named = upstreams.get(route.upstream)
    if (pattern === undefined || named === undefined) {
      throw new TypeError(`The route ${route.name} was not validated`)
    }
    const steps = compileSteps(plan, route, services)
    return {
      plan: route,
      isWatched: steps.some(isShadowing),
      pattern,
      methods: route.methods,
      steps,
      upstream: named.upstream,
      assert: compileAssert(whole, route.upstream, options.signer),
      counters: before?.counterOf(route.name) ?? new RequestCounters(),
    }
  })
  const byName = new Map(routes.map((route) => [route.plan.name, route]))
  return {
    plan,
    routes: routeTable(routes),
    routeList: routes,
    counterOf: (name) => byName.get(name)?.counters,
    steps: compileSteps(plan, undefined, services),
    counters: before?.counters ?? new RequestCounters(),
    trust: hostTrust,
    identity: hostIdentity(plan, {
      minVersion: whole.minVersion,
      trustFingerprint: hostTrust.fingerprint,
      ticketSecret: trust.ticketSecret,
      credentials: options.credentials,
    }),
  }
}

function compileAssert(plan: Plan, upstream: string, signer: AssertionSigner): Assert | undefined {
  const assertion = plan.upstreams[upstream]?.assertion
  if (assertion === undefined) return undefined
  const { audience, seconds = 30 } = assertion
  return signer.compile({ issuer: plan.gatewayUri, audience, seconds })
}

/** Renews what depends on trust and credentials, in place: hosts, and with them connections, see it at once. */
export function renewTrust(
  generation: Generation,
  trust: WorkerTrust,
  credentials: Credentials,
): void {
  renewSecrets(generation.services, trust)
  const { minVersion } = generation.plan
  const { ticketSecret } = trust
  const renewed = [...generation.hosts.values()].map((host) => {
    const hostTrust = trust.forHost(host.plan)
    const trustFingerprint = hostTrust.fingerprint
    const sources = { minVersion, trustFingerprint, ticketSecret, credentials }
    return { host, hostTrust, identity: hostIdentity(host.plan, sources) }
  })
  for (const { host, hostTrust, identity } of renewed) {
    // The same beliefs, new ticket keys: what was verified stays verified.
    if (host.trust.fingerprint !== hostTrust.fingerprint) host.trust = hostTrust
    host.identity = identity
  }
}

function isShadowing({ mode, isEnforcedFor }: Step): boolean {
  return mode === 'shadow' || isEnforcedFor !== undefined
}
