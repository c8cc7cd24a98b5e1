import type { DeviceIdentity } from '@sallyport/pki'
import type { Connection } from '../edge/connection.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Host, Route } from '../worker/host.ts'
import type { Refusal } from './stage.ts'

/** A stage that ran in shadow mode, and what it would have refused. */
export type ShadowRefusal = { readonly stage: string; readonly refusal: Refusal }

/** What the stages know of a request, and what becomes of it. */
export class GatewayRequest {
  readonly exchange: Exchange
  readonly connection: Connection
  readonly host: Host
  /** Milliseconds of the wall clock. */
  readonly at: number
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  /** What it matched; decided before the stages, told by the route stage. */
  readonly route: Route | undefined
  /** Why it matched nothing. */
  readonly routeRefusal: Refusal | undefined
  /** Whether it asks to change the protocol of its connection to WebSocket. */
  readonly isUpgrade: boolean
  /** The verified device: believed, within its dates, active. Set by the device stage. */
  device: DeviceIdentity | undefined
  shadowed: ShadowRefusal[] | undefined
  /** What ended it, and which stage said so. */
  refusal: Refusal | undefined
  refusedBy: string | undefined

  constructor(
    exchange: Exchange,
    connection: Connection,
    host: Host,
    route: Route | undefined,
    routeRefusal: Refusal | undefined,
    isUpgrade: boolean,
  ) {
    this.exchange = exchange
    this.connection = connection
    this.host = host
    this.at = Date.now()
    this.startedAt = performance.now()
    this.route = route
    this.routeRefusal = routeRefusal
    this.isUpgrade = isUpgrade
    this.device = undefined
    this.shadowed = undefined
    this.refusal = undefined
    this.refusedBy = undefined
  }
}
