import type { Duplex } from 'node:stream'
import type { ReasonCode } from '@sallyport/problem'
import type { RequestHead } from './request-head.ts'

/** How one exchange ended. Told exactly once. */
export type Outcome = {
  /** The final status sent to the client; 0 where none was sent before the client went away. */
  status: number
  /** Bytes of content handed to the connection. Framing and header fields are not counted. */
  bytesSent: number
  /** Whether the client left, or the answer was cut off, before it was complete. */
  aborted: boolean
  code?: ReasonCode
  upstream?: string
  /** The URL of the target that was asked last. */
  target?: string
  upstreamStatus?: number
  /** Why there is a code. For the operator alone. */
  detail?: string
  expected?: string
  found?: string
}

/** What a forwarder hears from the client's side, after it called `attach`. */
export interface ExchangeListener {
  /** A piece of the request's content. The receiver owns it. */
  requestData(chunk: Buffer): void
  /** The request is complete. Trailers are flat: name, value, name, value … */
  requestEnd(trailers: readonly string[]): void
  /** After `write` returned false: the client takes more. */
  responseDrained(): void
  /** The client is gone, or its answer complete. Told once, the last of all. */
  exchangeClosed(): void
}

/**
 * One request of a client and its answer, HTTP/1 or HTTP/2 alike.
 *
 * An answer is one of: `refuse` (a whole one, ours), `respondWhole` (a whole one of the service), or
 * `respond`, then `write` any number of times, then `end`; or `abort` at any time. Header lists
 * are flat, name and value in turn, names as the service wrote them, without hop-by-hop fields.
 */
export interface Exchange extends RequestHead {
  /** `:protocol` of an extended CONNECT (RFC 8441). */
  readonly protocol: string | undefined
  readonly socket: Duplex
  /** The client waits for 100 (Continue) before it sends its content. */
  readonly expectsContinue: boolean
  /** Whether all of the request has come. */
  readonly isRequestComplete: boolean
  /** Monotonic milliseconds: when the whole answer was handed to the connection; 0 until then. */
  readonly answeredAt: number
  /** Filled by whoever answers; handed to the listeners of `onDone`. */
  readonly outcome: Outcome

  /**
   * Sends a whole answer of our own. Where content of the request was not read, the connection is
   * closed behind the answer, after a bounded wait that keeps the answer from being lost.
   */
  refuse(status: number, headers: readonly string[], body: Buffer): void

  /** Where the client is gone already, the listener is told at once. */
  attach(listener: ExchangeListener): void
  /** Lets the request's content flow to the listener. */
  startBody(): void
  pauseBody(): void
  resumeBody(): void
  /** An interim answer (1xx but 101). Dropped for clients of HTTP/1.0 (RFC 9110 §15.2). */
  inform(status: number, headers: readonly string[]): void
  /** `content` is latin1: each character one byte. */
  respondWhole(status: number, headers: string[], content: string): void
  /** `trailers`: whether some may come. `hasContent` false: neither write nor trailers follow. */
  respond(status: number, headers: string[], trailers: boolean): void
  /** False: wait for `responseDrained`. The exchange owns the chunk from here on. */
  write(chunk: Buffer): boolean
  end(trailers: readonly string[]): void
  /**
   * Accepts the change to WebSocket that was asked for: 101, or 200 to an extended CONNECT. From here on
   * `startBody` and `write` pass bytes of the new protocol.
   */
  switchProtocols(headers: readonly string[]): void
  /** Cuts the answer off in a way that the client can tell from its end. */
  abort(): void
}
