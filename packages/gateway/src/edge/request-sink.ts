import type { Duplex } from 'node:stream'
import type { ReasonCode } from '@sallyport/problem'
import type { Exchange } from '../exchange/exchange.ts'
import type { Connection } from './connection.ts'

/** Where the protocols of the edge put the requests that they read. */
export type RequestSink = {
  readonly nextRequestId: () => string
  readonly begin: (connection: Connection, exchange: Exchange, isUpgrade: boolean) => void
  /** An upgrade to something other than WebSocket. */
  readonly refuseUpgrade: (connection: Connection, exchange: Exchange) => void
  /** Bytes that never became a request. Answers where that is still possible, and ends the connection. */
  readonly refuseBroken: (
    connection: Connection,
    socket: Duplex,
    code: ReasonCode,
    found: string,
  ) => void
  /** What should not happen: it costs the connection that it happened on, and no other. */
  readonly broke: (connection: Connection, error: unknown) => void
}
