import type { Assert } from '../assertion/sign-assertion.ts'
import type { HostIdentity } from '../certificates/host-identity.ts'
import type { HostPlan, RoutePlan } from '../configuration/plan.ts'
import type { Upstream } from '../forward/upstream.ts'
import type { RequestCounters } from '../metrics/request-counters.ts'
import type { Step } from '../pipeline/stage.ts'
import type { RoutePattern } from '../routing/route-pattern.ts'
import type { RouteTable } from '../routing/route-table.ts'
import type { HostTrust } from '../trust/host-trust.ts'

/** A host of the present configuration, compiled. Trust and identity are replaced in place. */
export type Host = {
  readonly plan: HostPlan
  readonly routes: RouteTable<Route>
  readonly routeList: readonly Route[]
  /** The counters of a route by its name. */
  readonly counterOf: (routeName: string) => RequestCounters | undefined
  /** The steps of requests that match no route. */
  readonly steps: readonly Step[]
  readonly counters: RequestCounters
  trust: HostTrust
  identity: HostIdentity
}

export type Route = {
  readonly plan: RoutePlan
  /** Whether it has a stage that lets through some or all of what it would refuse. */
  readonly isWatched: boolean
  readonly pattern: RoutePattern
  readonly methods: readonly string[] | undefined
  readonly steps: readonly Step[]
  readonly upstream: Upstream
  /** Undefined where the upstream is told who calls in plain fields alone. */
  readonly assert: Assert | undefined
  readonly counters: RequestCounters
}
