import type { Connection } from '../edge/connection.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Host } from '../worker/host.ts'
import type { FoundRoute } from '../routing/find-route.ts'
import type { Caller } from './caller.ts'
import { GatewayRequest } from './gateway-request.ts'

/** A request that the gateway itself answers, on a connection of its own. */
export class ServedRequest extends GatewayRequest {
  declare readonly exchange: Exchange
  readonly connection: Connection
  /** Whether it asks to change the protocol of its connection to WebSocket. */
  readonly isUpgrade: boolean

  constructor(
    exchange: Exchange,
    connection: Connection,
    caller: Caller,
    host: Host,
    found: FoundRoute | undefined,
    isUpgrade: boolean,
  ) {
    super(exchange, caller, host, found)
    this.connection = connection
    this.isUpgrade = isUpgrade
  }
}
