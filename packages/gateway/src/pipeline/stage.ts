import type { ReasonCode } from '@sallyport/problem'
import type Type from 'typebox'
import type { TSchema } from 'typebox'
import type { HostPlan, RoutePlan } from '../configuration/plan.ts'
import type { Services } from '../worker/services.ts'
import type { GatewayRequest } from './gateway-request.ts'
import type { IsEnforcedFor, Rollout } from './rollout.ts'

/** The answer of a stage that has nothing against a request. */
export const pass = 'pass'

/** The answer of a stage that has. `expected` and `found` are for the operator alone. */
export type Refusal = {
  readonly code: ReasonCode
  /** Which check of the stage. */
  readonly check?: string
  readonly expected?: string
  readonly found?: string
  /** What the caller may know besides the title of the reason. */
  readonly detail?: string
  readonly retryAfterSeconds?: number
  /** By how much the caller's clock is ahead of ours, where that is what is wrong. Milliseconds. */
  readonly clockOffsetMs?: number
  /** Values of WWW-Authenticate (RFC 9110 §11.6.1). Without any, a 401 asks for the device's certificate. */
  readonly challenges?: readonly string[]
  /** Names of the limits that were exceeded. */
  readonly violatedPolicies?: readonly string[]
  /** Header fields of the answer, flat. */
  readonly headers?: readonly string[]
  /** Of the access stage: why no rule allows it. */
  readonly rules?: readonly RuleMiss[]
  /** Whether the connection has no future: it ends with this answer. */
  readonly endsConnection?: boolean
}

/** Why a rule does not allow a request: the first of its conditions that does not hold. */
export type RuleMiss = {
  readonly rule: string
  readonly check: string
  readonly expected: string
  readonly found: string
}

export type Verdict = typeof pass | Refusal

/** Synchronous unless it must wait: a promise costs more than most checks. */
export type Decide = (request: GatewayRequest) => Verdict | Promise<Verdict>

/** `enforce` refuses, `shadow` decides, records and lets through, `off` does nothing. */
export const modes = ['enforce', 'shadow', 'off'] as const
export type Mode = (typeof modes)[number]

/** What a stage may use besides its own configuration. */
export type StageRuntime = {
  readonly host: HostPlan
  /** Undefined where a request matches no route: the stages run all the same, with their defaults. */
  readonly route: RoutePlan | undefined
  readonly services: Services
}

/**
 * One layer of checks: a file under `stages/`, and a row of the table of stages.
 *
 * `settings` makes the members of its configuration under a route; it takes the schema builder as a
 * parameter, so that a worker, which never validates, does not load it. A stage without settings is
 * always enforced. `compile` runs once for each route when a configuration is loaded; the
 * function that it returns runs for each request, and looks nothing up by name.
 */
export type Stage<Settings> = {
  readonly name: string
  readonly settings?: (type: typeof Type) => Record<string, TSchema>
  /** Whether the stage has anything to say on a host, told or not. */
  readonly appliesTo: (host: HostPlan) => boolean
  /** Whether it is left out of the steps of routes that do not configure it. */
  readonly onlyWhereConfigured?: true
  /**
   * How many bytes of the content it looks at, as `heldContent` of the exchange; by default none. Waiting for a
   * client is no part of the time that a stage has.
   */
  readonly contentBytes?: (settings: Settings) => number
  readonly compile: (settings: Settings, runtime: StageRuntime) => Decide
}

/** What every stage with settings is given under a route. */
export type StageSettings = { readonly mode?: Mode; readonly enforce?: Rollout }

/** A compiled stage of a route. */
export type Step = {
  readonly stage: string
  readonly mode: Mode
  readonly decide: Decide
  /** How much of the content must be there before it decides; 0 where it does not look at it. */
  readonly contentBytes: number
  /** In mode `enforce`: whether it refuses this request already. Without it, all. */
  readonly isEnforcedFor: IsEnforcedFor | undefined
  /** Whether it has modes at all: host and route are the shape of a request, not a layer that can be off. */
  readonly canBeLaxer: boolean
  /** Somebody broke the glass: see `break-glass/open-glass.ts`. */
  override: ModeOverride | undefined
}

/** A laxer mode, until a time (milliseconds of the wall clock). */
export type ModeOverride = { readonly mode: 'shadow' | 'off'; readonly until: number }
