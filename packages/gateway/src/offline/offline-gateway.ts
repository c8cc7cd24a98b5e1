import type { MadePlan } from '../configuration/make-plan.ts'
import type { HostPlan, RoutePlan } from '../configuration/plan.ts'
import { GatewayRequest } from '../pipeline/gateway-request.ts'
import { runPipeline } from '../pipeline/run-pipeline.ts'
import type { Refusal, Step } from '../pipeline/stage.ts'
import { findRoute } from '../routing/find-route.ts'
import { routePattern, type RoutePattern } from '../routing/route-pattern.ts'
import { routeTable, type RouteTable } from '../routing/route-table.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'
import { compileSteps } from '../worker/compile-steps.ts'
import type { Host, Route } from '../worker/host.ts'
import type { Services } from '../worker/services.ts'
import { offlineCaller } from './offline-caller.ts'
import { offlineHead } from './offline-head.ts'
import type { OfflineRequest } from './offline-request.ts'
import { offlineServices } from './offline-services.ts'
import { givenUser, offlineUsers } from './offline-user.ts'
import type { VerifiedToken } from '@sallyport/token'

/** What would become of a request. */
export type OfflineDecision = {
  readonly route: string | undefined
  /** Undefined where it is let through. */
  readonly refusedBy: string | undefined
  readonly refusal: Refusal | undefined
  /** The rule of the access stage that allowed it. */
  readonly rule: string | undefined
  /** What stages in mode shadow would have refused with. */
  readonly shadow: readonly { readonly stage: string; readonly code: string }[]
  /** Stages of the route that cannot be asked without a network, or without what came before. */
  readonly notRun: readonly string[]
}

/** A configuration that can be asked what would become of a request, without a network. */
export type OfflineGateway = {
  readonly hosts: readonly string[]
  readonly routes: readonly OfflineRoute[]
  readonly decide: (request: OfflineRequest) => Promise<OfflineDecision>
}

/** A route of the configuration, as cases name it. */
export type OfflineRoute = Pick<RoutePlan, 'name' | 'path' | 'methods'> & { readonly host: string }

/** `whole`: every stage that can run. `access`: that stage alone, device and user taken as they are given. */
export type OfflineScope = 'whole' | 'access'

const runnable: Readonly<Record<OfflineScope, ReadonlySet<string>>> = {
  whole: new Set(['host', 'address', 'device', 'route', 'access']),
  access: new Set(['route', 'access']),
}

type CompiledRoute = {
  readonly plan: RoutePlan
  readonly pattern: RoutePattern
  readonly methods: readonly string[] | undefined
  readonly steps: readonly Step[]
}
type OfflineHost = {
  readonly plan: HostPlan
  readonly routes: RouteTable<CompiledRoute>
  readonly steps: readonly Step[]
}
type Given = { user: VerifiedToken | Refusal | undefined }

/** Compiles the stages of a configuration as a worker does; those that cannot run here are left out. */
export async function createOfflineGateway(
  { plan, addresses }: Pick<MadePlan, 'plan' | 'addresses'>,
  { scope, trustDomain }: { scope: OfflineScope; trustDomain: string },
): Promise<OfflineGateway> {
  const { services, know } = await offlineServices(plan, addresses)
  const userOf = offlineUsers(plan.identityProviders)
  const given: Given = { user: undefined }
  const hosts = new Map(
    plan.hosts.map((host) => [host.name, compileHost(host, { services, scope, given })]),
  )
  return {
    hosts: [...hosts.keys()],
    routes: plan.hosts.flatMap(({ name: host, routes }) =>
      routes.map(({ name, path, methods }) => ({ host, name, path, methods })),
    ),
    decide: async (described) => {
      const { host: name, device, user, at } = described
      const host = hosts.get(name)
      if (host === undefined) return unknownHost(name)
      if (device !== undefined) know(device)
      given.user = user === undefined ? undefined : userOf(user, at)
      const head = offlineHead(described)
      const caller = offlineCaller(described, trustDomain)
      // Stages look at no more of host and route than is here.
      const seen = host as unknown as Host
      const request = new GatewayRequest(head, caller, seen, findRoute(seen, head), at)
      if (scope === 'access') {
        if (isRefusal(given.user)) {
          request.refusal = given.user
          request.refusedBy = 'token'
          return decisionOf(request, [])
        }
        request.device = caller.currentLeaf()?.device
        request.user = given.user
      }
      const steps = (request.route ?? host).steps
      await new Promise<void>((resolve) => {
        runPipeline(request, steps, { forward: () => resolve(), refuse: () => resolve() })
      })
      return decisionOf(request, notRunBy(request.route, scope))
    },
  }
}

function compileHost(
  plan: HostPlan,
  { services, scope, given }: { services: Services; scope: OfflineScope; given: Given },
): OfflineHost {
  const compile = (route: RoutePlan | undefined): Step[] => {
    const steps = compileSteps(plan, route, services, (stage) => runnable[scope].has(stage))
    return scope === 'access' ? steps : withToken(steps, { host: plan, route, given })
  }
  const routes = plan.routes.map((route): CompiledRoute => {
    const { pattern } = routePattern(route.path)
    if (pattern === undefined) throw new TypeError(`The route ${route.name} was not validated`)
    return { plan: route, pattern, methods: route.methods, steps: compile(route) }
  })
  return { plan, routes: routeTable(routes), steps: compile(undefined) }
}

/** The user who is given takes the place of the token, right behind the route. */
function withToken(
  steps: readonly Step[],
  { host, route, given }: { host: HostPlan; route: RoutePlan | undefined; given: Given },
): Step[] {
  const settings = route?.stages['token'] as TokenSettings | undefined
  if (settings === undefined) return [...steps]
  const token: Step = {
    stage: 'token',
    mode: settings.mode ?? 'enforce',
    decide: givenUser(settings, host.name, () => given.user),
    isEnforcedFor: undefined,
    canBeLaxer: true,
    override: undefined,
    contentBytes: 0,
  }
  const behind = steps.findIndex(({ stage }) => stage === 'route') + 1
  return [...steps.slice(0, behind), token, ...steps.slice(behind)]
}

function isRefusal(user: VerifiedToken | Refusal | undefined): user is Refusal {
  return user !== undefined && 'code' in user
}

function notRunBy(route: Route | undefined, scope: OfflineScope): string[] {
  if (route === undefined || scope === 'access') return []
  return Object.keys(route.plan.stages).filter(
    (stage) => stage !== 'token' && !runnable.whole.has(stage),
  )
}

function decisionOf(request: GatewayRequest, notRun: readonly string[]): OfflineDecision {
  return {
    route: request.route?.plan.name,
    refusedBy: request.refusedBy,
    refusal: request.refusal,
    rule: request.rule,
    shadow: (request.shadowed ?? []).map(({ stage, refusal }) => ({ stage, code: refusal.code })),
    notRun,
  }
}

/** What the TLS edge says to a name that it does not know. */
function unknownHost(found: string): OfflineDecision {
  const refusal: Refusal = {
    code: 'misdirected_request',
    check: 'authority',
    expected: 'a host of the configuration',
    found,
  }
  return {
    route: undefined,
    refusedBy: 'host',
    refusal,
    rule: undefined,
    shadow: [],
    notRun: [],
  }
}
