import type { Exchange } from '../exchange/exchange.ts'
import type { ForwardHeaders } from './request-headers.ts'
import type { UpstreamFailure } from './upstream-failure.ts'
import type { WebSocketRequest } from './web-socket.ts'

/** What carries one request to a service: an HTTP/1 connection, or one stream of HTTP/2. */
export interface Carrier {
  /** Whether another request went over the same connection before. */
  readonly isReused: boolean
  /** A piece of the request's content. False: wait for `requestDrained`. */
  sendContent(chunk: Buffer): boolean
  endContent(trailers: readonly string[]): void
  /** Stops, and starts again, the flow of the answer. */
  pause(): void
  resume(): void
  /** Nobody waits for the answer any more. No event follows. */
  abandon(): void
}

/** A request on its way: what a transport asks of it and tells it. */
export interface Carried {
  readonly exchange: Exchange
  readonly headers: ForwardHeaders
  /** Where the connection is to change its protocol. */
  readonly upgrade: WebSocketRequest | undefined
  /** Whether only a connection that carried nothing before will do. */
  readonly needsFresh: boolean

  /** The head of the request was sent. */
  carried(carrier: Carrier): void
  requestDrained(): void
  informational(status: number, fields: string[]): void
  /** A whole answer in one piece; `content` is latin1. */
  whole(status: number, fields: string[], content: string): void
  /** @param mayHaveTrailers whether the framing has room for them. */
  head(status: number, fields: string[], mayHaveTrailers: boolean): void
  /** The receiver owns the chunk. */
  content(chunk: Buffer): void
  end(trailers: readonly string[]): void
  /** 101: what follows, both ways, is bytes of the new protocol, until `end`. */
  switched(fields: string[]): void
  /** The last event. The carrier is gone. */
  failed(failure: UpstreamFailure): void
}

/** The connections to one target. */
export interface Transport {
  /** Finds or opens a connection and sends the request; or fails it, now or later. */
  carry(request: Carried): void
  /** Takes a request that was not sent yet out of the queue. */
  withdraw(request: Carried): void
  readonly connections: number
  readonly idle: number
  readonly waiting: number
  /** Closes what is idle now, and what is busy when it is done. */
  close(): void
}
