import type { KeyHandle } from './key-store.ts'

/** Whom the phone believes to be the server: CA certificates in PEM, or the trust store of the system. */
export type Trust = 'system' | { readonly caCertificates: string }

/** What the phone proves itself with in the TLS handshake. */
export type TransportIdentity = {
  readonly key: KeyHandle
  /** DER, the certificate of the key first, then its issuing CA. */
  readonly certificates: readonly Uint8Array[]
}

export type TransportBody = Uint8Array | ReadableStream<Uint8Array>

export type TransportRequest = {
  /** Absolute, https. */
  readonly url: string
  readonly method: string
  /** Name and value, in order. Never Host, Content-Length, Connection or Transfer-Encoding. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: TransportBody | undefined
  /** Undefined: no client certificate is presented, not even one of an earlier request. */
  readonly identity: TransportIdentity | undefined
  readonly trust: Trust
  /** Ends the request and, later, the body of the answer. The client's time-outs come through it too. */
  readonly signal: AbortSignal
}

export type TransportResponse = {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: TransportBody | undefined
}

/**
 * HTTPS with a client certificate. It verifies the server against `trust` and the name in the URL,
 * always; it follows no redirect, stores no cookie, repeats nothing. A connection is used again only
 * for requests of the same identity and trust: after a renewal, new requests go over new connections.
 * The one that was used last is used first, so that an enrolment comes over the connection that its
 * challenge came on, as `bindChallengeToConnection` of an app may ask.
 *
 * It throws `TransportError`; an aborted request rejects at once, with anything.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * `connect`: no connection, nothing was sent. `tls`: the handshake failed, or the server sent a TLS
 * alert (TLS 1.3 refuses a client certificate only after the handshake looked complete to the client).
 * `timeout`: no answer in time. `lost`: the connection ended before the answer: it may have had an effect.
 */
export type TransportFailure = 'connect' | 'tls' | 'timeout' | 'lost'

/** A request that got no answer. */
export class TransportError extends Error {
  readonly failure: TransportFailure

  constructor(failure: TransportFailure, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.name = 'TransportError'
    this.failure = failure
  }
}
