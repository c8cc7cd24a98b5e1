import type { DeviceIdentity } from '@sallyport/pki'
import type { VerifiedToken } from '@sallyport/token'
import type { RequestHead } from '../exchange/request-head.ts'
import type { FoundRoute } from '../routing/find-route.ts'
import { noParameters, type PathParameters } from '../routing/path-parameters.ts'
import type { KnownToken } from '../tokens/known-token.ts'
import type { Host, Route } from '../worker/host.ts'
import type { Caller } from './caller.ts'
import { modeOf } from './mode.ts'
import type { Refusal, Step } from './stage.ts'

/** A stage that ran in shadow mode, and what it would have refused. */
export type ShadowRefusal = { readonly stage: string; readonly refusal: Refusal }

/** What the stages know of a request, and what becomes of it. */
export class GatewayRequest {
  readonly exchange: RequestHead
  readonly caller: Caller
  readonly host: Host
  /** Milliseconds of the wall clock. */
  readonly at: number
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  /** What it matched; decided before the stages, told by the route stage. */
  readonly route: Route | undefined
  /** Why it matched nothing. */
  readonly routeRefusal: Refusal | undefined
  /** Of the path, decoded; without a prototype. */
  readonly parameters: PathParameters
  /** The verified device: believed, within its dates, active. Set by the device stage. */
  device: DeviceIdentity | undefined
  /** Who the access token is of, verified. Set by the token stage. */
  user: VerifiedToken | undefined
  /** The same token, with what the gateway keeps of it. */
  token: KnownToken | undefined
  /** Whether the service gets to see neither the token nor its proof. */
  withholdsToken: boolean
  /** The rule that let it through, or would have. Set by the access stage. */
  rule: string | undefined
  /** The stage that is deciding, or decided last. */
  step: Step | undefined
  shadowed: ShadowRefusal[] | undefined
  /** What ended it, and which stage said so. */
  refusal: Refusal | undefined
  refusedBy: string | undefined

  constructor(
    exchange: RequestHead,
    caller: Caller,
    host: Host,
    found: FoundRoute | undefined,
    at = Date.now(),
  ) {
    this.exchange = exchange
    this.caller = caller
    this.host = host
    this.at = at
    this.startedAt = performance.now()
    this.route = found?.route
    this.routeRefusal = found?.refusal
    this.parameters = found?.route === undefined ? noParameters : found.parameters
    this.device = undefined
    this.user = undefined
    this.token = undefined
    this.withholdsToken = false
    this.rule = undefined
    this.step = undefined
    this.shadowed = undefined
    this.refusal = undefined
    this.refusedBy = undefined
  }

  /**
   * Whether the stage that is deciding refuses what it is against. In mode shadow it must leave no mark on
   * the request, the answer or anything that others look at.
   */
  get isInForce(): boolean {
    return this.step === undefined || modeOf(this.step, this) === 'enforce'
  }

  /** Adds a field to the answer, whoever gives it; nothing where the stage that is deciding is in shadow. */
  addAnswerField(name: string, value: string): void {
    if (this.isInForce) this.exchange.addAnswerField(name, value)
  }
}
