import type { RoleTable } from '../access/grants.ts'
import type { DecisionsPlan } from '../decisions/decisions-plan.ts'
import type { KeyPairPem } from '../certificates/credentials.ts'
import type { UpstreamConfig } from '../forward/upstream-config.ts'
import type { StaleLimits } from '../status/staleness.ts'
import type { IdentityProviders } from './identity-providers.ts'
import type { CountersPlan } from './redis-plan.ts'
import type { Stapling } from './certificate-plan.ts'
import type { Limits } from './limits.ts'
import type { ListenerPlan } from './listener-plan.ts'

/**
 * What a host does about client certificates: `require` (TLS refuses), `explain` (TLS accepts anything,
 * and only the reason is served), `optional`, `off`.
 */
export const clientCertificateModes = ['require', 'explain', 'optional', 'off'] as const
export type ClientCertificateMode = (typeof clientCertificateModes)[number]

/**
 * The configuration as workers get it: validated, every file read, plain data. What it was made of stays
 * with the main thread.
 */
export type Plan = {
  /** `spiffe://<trust domain>/gateway/<name>`: who signs what services are told. */
  readonly gatewayUri: string
  readonly minVersion: '1.2' | '1.3'
  readonly listeners: readonly ListenerPlan[]
  readonly hosts: readonly HostPlan[]
  /** For clients that name no host. */
  readonly defaultHost: string | undefined
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>
  readonly identityProviders: IdentityProviders
  readonly access: { readonly roles: RoleTable }
  /** Undefined where no proxy asks. */
  readonly decisions: DecisionsPlan | undefined
  readonly status: StaleLimits
  readonly limits: Limits
  readonly counters: CountersPlan
  readonly allowDevelopment: boolean
  readonly accessLog: boolean
  /** Whether connections from blocked addresses are closed before TLS. */
  readonly closesBlockedConnections: boolean
}

export type HostPlan = {
  readonly name: string
  readonly clientCertificate: ClientCertificateMode
  /** Undefined where it is obtained by ACME: it comes with the credentials then. */
  readonly pair: KeyPairPem | undefined
  readonly stapling: Stapling
  readonly foreignIssuers: readonly ForeignIssuer[]
  /** Settings by stage that routes have which say nothing of the stage themselves. */
  readonly stages: StageSettingsByName
  readonly routes: readonly RoutePlan[]
}

/** A CA that is not ours, believed by one host, for its own trust domain alone. */
export type ForeignIssuer = {
  readonly der: Uint8Array
  readonly trustDomain: string
}

/** As configured. */
export type StageSettingsByName = Readonly<Record<string, unknown>>

export type RoutePlan = {
  /** As it is called in logs and metrics. */
  readonly name: string
  /** As configured: a path, with `{name}` for parameters, or a prefix that ends in `/*`. */
  readonly path: string
  readonly methods: readonly string[] | undefined
  readonly upstream: string
  readonly sensitive: boolean
  readonly webSocket: boolean
  /** Those of the route, and of the host for every other stage. */
  readonly stages: StageSettingsByName
}
